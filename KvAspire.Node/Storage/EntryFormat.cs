using System.Buffers.Binary;
using System.Text;

namespace KvAspire.Node.Storage;

/// <summary>How <see cref="RocksDbStorageEngine"/> writes an entry; keys order by slot, then by unsigned bytes.</summary>
/// <remarks>
/// Key: slot (2 bytes), key. Value: format (1 byte), flags (1), epoch (8), counter (8), expiry (8, only if there is
/// one), content type (1 byte: one of the well-known ones, or 255 and then length (2) and UTF-8), value. Big-endian.
/// </remarks>
internal static class EntryFormat
{
    public const int SlotBytes = 2;

    /// <summary>So much of a stored value tells all but content type and value.</summary>
    public const int MaxHeaderBytes = FixedBytes + 8 + 2;

    private const byte Format = 1;
    private const byte TombstoneFlag = 1;
    private const byte ExpiryFlag = 2;
    private const byte OtherContentType = 255;
    private const int FixedBytes = 1 + 1 + 8 + 8 + 1;

    // A content type's place is part of the format: append only.
    private static readonly string[] KnownContentTypes =
    [
        "",
        "application/json",
        "application/octet-stream",
        "text/plain",
        "text/plain; charset=utf-8",
        "application/json; charset=utf-8",
        "text/html",
        "application/xml",
        "image/png",
        "image/jpeg",
        "application/x-www-form-urlencoded",
    ];

    /// <summary>Writes the stored key to <paramref name="target"/> and gives its length.</summary>
    public static int WriteKey(int slot, ReadOnlySpan<byte> key, Span<byte> target)
    {
        BinaryPrimitives.WriteUInt16BigEndian(target, (ushort)slot);
        key.CopyTo(target[SlotBytes..]);
        return SlotBytes + key.Length;
    }

    /// <summary>Where a slot's keys begin, and where those of the one before end.</summary>
    public static byte[] SlotStart(int slot)
    {
        var start = new byte[SlotBytes];
        WriteKey(slot, default, start);
        return start;
    }

    /// <summary>Enough bytes for <see cref="WriteValue"/>.</summary>
    public static int MaxValueLength(in StoredEntry entry) =>
        FixedBytes + 8 + 2 + Encoding.UTF8.GetMaxByteCount(entry.ContentType.Length) + entry.Value.Length;

    /// <summary>Writes all but the key to <paramref name="target"/> and gives the length.</summary>
    public static int WriteValue(in StoredEntry entry, Span<byte> target)
    {
        target[0] = Format;
        target[1] = (byte)((entry.Tombstone ? TombstoneFlag : 0) | (entry.ExpiresAt != 0 ? ExpiryFlag : 0));
        BinaryPrimitives.WriteUInt64BigEndian(target[2..], entry.Version.Epoch);
        BinaryPrimitives.WriteUInt64BigEndian(target[10..], entry.Version.Counter);
        var length = 18;
        if (entry.ExpiresAt != 0)
        {
            BinaryPrimitives.WriteInt64BigEndian(target[length..], entry.ExpiresAt);
            length += 8;
        }

        length += WriteContentType(entry.ContentType, target[length..]);
        entry.Value.Span.CopyTo(target[length..]);
        return length + entry.Value.Length;
    }

    /// <summary>
    /// Reads an entry whose key (without slot) and stored value lie one after the other in <paramref name="buffer"/>.
    /// The entry keeps the buffer and points into it: one allocation for both.
    /// </summary>
    /// <exception cref="StorageException">The bytes are not an entry of a format that is known here.</exception>
    public static StoredEntry Read(byte[] buffer, int keyLength)
    {
        var stored = buffer.AsSpan(keyLength);
        var header = ReadHeader(stored, stored.Length, out var position);
        return new(
            buffer.AsMemory(0, keyLength),
            header.Version,
            buffer.AsMemory(buffer.Length - header.ValueBytes),
            ReadContentType(stored[position..^header.ValueBytes]),
            header.ExpiresAt,
            header.Tombstone);
    }

    /// <summary>Reads what is before the value.</summary>
    /// <param name="stored">The stored value, or as much of it as <see cref="MaxHeaderBytes"/>.</param>
    /// <param name="length">How long it is.</param>
    /// <exception cref="StorageException">The bytes are not an entry of a format that is known here.</exception>
    public static EntryHeader ReadHeader(ReadOnlySpan<byte> stored, int length) => ReadHeader(stored, length, out _);

    private static EntryHeader ReadHeader(ReadOnlySpan<byte> stored, int length, out int contentType)
    {
        if (stored.Length < FixedBytes || stored[0] != Format)
        {
            throw Unreadable(stored, length);
        }

        var version = new EntryVersion(
            BinaryPrimitives.ReadUInt64BigEndian(stored[2..]),
            BinaryPrimitives.ReadUInt64BigEndian(stored[10..]));
        contentType = 18;
        var expiresAt = 0L;
        if ((stored[1] & ExpiryFlag) != 0)
        {
            if (stored.Length < FixedBytes + 8)
            {
                throw Unreadable(stored, length);
            }

            expiresAt = BinaryPrimitives.ReadInt64BigEndian(stored[contentType..]);
            contentType += 8;
        }

        var value = contentType + ContentTypeBytes(stored[contentType..]);
        return value > contentType && value <= length
            ? new(version, expiresAt, (stored[1] & TombstoneFlag) != 0, length - value)
            : throw Unreadable(stored, length);
    }

    /// <summary>How many bytes it takes; 0 if it is none.</summary>
    private static int ContentTypeBytes(ReadOnlySpan<byte> stored) =>
        stored[0] < KnownContentTypes.Length ? 1
        : stored[0] == OtherContentType && stored.Length >= 3 ? 3 + BinaryPrimitives.ReadUInt16BigEndian(stored[1..])
        : 0;

    private static int WriteContentType(string contentType, Span<byte> target)
    {
        var known = Array.IndexOf(KnownContentTypes, contentType);
        if (known >= 0)
        {
            target[0] = (byte)known;
            return 1;
        }

        var length = Encoding.UTF8.GetBytes(contentType, target[3..]);
        target[0] = OtherContentType;
        BinaryPrimitives.WriteUInt16BigEndian(target[1..], (ushort)length);
        return 3 + length;
    }

    private static string ReadContentType(ReadOnlySpan<byte> stored) =>
        stored[0] < KnownContentTypes.Length ? KnownContentTypes[stored[0]] : Encoding.UTF8.GetString(stored[3..]);

    private static StorageException Unreadable(ReadOnlySpan<byte> stored, int length) =>
        new($"A stored entry of {length} bytes, format {(stored.IsEmpty ? 0 : stored[0])}, is damaged or was written by a newer version.");
}
