using System.Globalization;
using System.Text;
using System.Text.Json;

namespace KvAspire.Load.Work;

/// <summary>
/// The values that the driver stores: JSON that names its key and the number of its write, filled up to a fixed size
/// with letters that follow from both. So a value that is read can be told from every other one, byte by byte.
/// </summary>
internal static class TestValue
{
    /// <summary>Room for the names, a key of 40 bytes and a number.</summary>
    public const int SmallestSize = 80;

    /// <summary>The store's default limit.</summary>
    public const int LargestSize = 1 << 20;

    /// <summary>Writes the value of a write.</summary>
    /// <param name="key">At most 40 ASCII characters.</param>
    /// <param name="write">The number of the write, from 1.</param>
    /// <param name="destination">As long as the value is to be; at least <see cref="SmallestSize"/>.</param>
    public static void Fill(string key, int write, Span<byte> destination)
    {
        Span<char> head = stackalloc char[SmallestSize];
        if (!head.TryWrite(CultureInfo.InvariantCulture, $"{{\"key\":\"{key}\",\"write\":{write},\"fill\":\"", out var length))
        {
            throw new ArgumentException($"The key '{key}' is too long for a test value.", nameof(key));
        }

        Encoding.ASCII.GetBytes(head[..length], destination);
        "\"}"u8.CopyTo(destination[^2..]);
        var random = new SplitMix((ulong)write ^ ((ulong)key.Length << 32) ^ ((ulong)key[^1] << 40));
        var fill = destination[length..^2];
        while (!fill.IsEmpty)
        {
            var letters = random.Next();
            var count = Math.Min(8, fill.Length);
            for (var i = 0; i < count; i++, letters >>= 8)
            {
                fill[i] = (byte)('a' + (letters & 15));
            }

            fill = fill[count..];
        }
    }

    /// <summary>Which write of the key a value comes from; null if it is no whole value of that key.</summary>
    /// <param name="key">The key that was read.</param>
    /// <param name="value">What the store returned.</param>
    /// <param name="size">The size of this run's values.</param>
    public static int? Identify(string key, ReadOnlySpan<byte> value, int size)
    {
        if (value.Length != size || !TryReadNumber(value, out var write))
        {
            return null;
        }

        var expected = new byte[size];
        Fill(key, write, expected);
        return value.SequenceEqual(expected) ? write : null;
    }

    private static bool TryReadNumber(ReadOnlySpan<byte> value, out int write)
    {
        write = 0;
        try
        {
            var reader = new Utf8JsonReader(value);
            while (reader.Read())
            {
                if (reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals("write"u8))
                {
                    return reader.Read() && reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out write);
                }
            }
        }
        catch (JsonException)
        {
            // Not JSON: not a value of ours.
        }

        return false;
    }
}
