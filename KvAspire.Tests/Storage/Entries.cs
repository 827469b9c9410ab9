using System.Text;
using KvAspire.Node.Storage;

namespace KvAspire.Tests.Storage;

/// <summary>Short ways to make and compare entries.</summary>
internal static class Entries
{
    public static StoredEntry Entry(string key, string value, ulong counter = 1) =>
        new(Encoding.UTF8.GetBytes(key), new(1, counter), Encoding.UTF8.GetBytes(value), "", 0, false);

    public static StorageBatch Batch(params Action<StorageBatch>[] changes)
    {
        var batch = new StorageBatch();
        foreach (var change in changes)
        {
            change(batch);
        }

        return batch;
    }

    public static string Text(ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);

    public static IEnumerable<string> Keys(IEnumerable<StoredEntry> entries) => entries.Select(entry => Text(entry.Key));

    public static void AssertSame(StoredEntry expected, StoredEntry actual)
    {
        Assert.Equal(expected.Key.ToArray(), actual.Key.ToArray());
        Assert.Equal(expected.Value.ToArray(), actual.Value.ToArray());
        Assert.Equal(
            expected with { Key = default, Value = default },
            actual with { Key = default, Value = default });
    }
}
