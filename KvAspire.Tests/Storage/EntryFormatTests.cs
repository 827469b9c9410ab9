using KvAspire.Node.Storage;
using static KvAspire.Tests.Storage.Entries;

namespace KvAspire.Tests.Storage;

public sealed class EntryFormatTests
{
    /// <summary>The bytes of format 1 are on people's disks: they are never to change.</summary>
    [Fact]
    public void WriteValue_Format1_IsTheseBytes()
    {
        var entry = new StoredEntry("k"u8.ToArray(), new(0x0000_0001_0000_0002, 3), "v"u8.ToArray(), "application/json", 4, false);
        var tombstone = new StoredEntry("k"u8.ToArray(), new(0x0000_0001_0000_0002, 3), default, "", 0, true);

        Assert.Equal("0102" + "0000000100000002" + "0000000000000003" + "0000000000000004" + "01" + "76", Written(entry));
        Assert.Equal("0101" + "0000000100000002" + "0000000000000003" + "00", Written(tombstone));
        Assert.Equal("0100" + "0000000000000001" + "0000000000000001" + "FF0003" + "612F62" + "76", Written(Entry("k", "v") with { Version = new(1, 1), ContentType = "a/b" }));
        Assert.Equal("03FF", Convert.ToHexString(EntryFormat.SlotStart(1023)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("01")]
    [InlineData("0100000000000000000100000000000000")]
    [InlineData("02000000000000000001000000000000000100")]
    [InlineData("01020000000000000001000000000000000100")]
    [InlineData("010000000000000000010000000000000001FE")]
    [InlineData("010000000000000000010000000000000001FF00")]
    [InlineData("010000000000000000010000000000000001FF0005612F62")]
    public void Read_DamagedOrUnknownBytes_Throws(string hex)
    {
        var buffer = Convert.FromHexString("6B" + hex);

        Assert.Throws<StorageException>(() => EntryFormat.Read(buffer, 1));
        Assert.Throws<StorageException>(() => EntryFormat.ReadHeader(buffer.AsSpan(1), buffer.Length - 1));
    }

    private static string Written(StoredEntry entry)
    {
        var buffer = new byte[EntryFormat.MaxValueLength(entry)];
        return Convert.ToHexString(buffer.AsSpan(0, EntryFormat.WriteValue(entry, buffer)));
    }
}
