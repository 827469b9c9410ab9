namespace KvAspire.Node.Storage;

/// <summary>
/// One slot of <see cref="MemoryStorageEngine"/>: a hash table, and its entries in key order once somebody asked
/// for them. Not thread-safe: the engine's lock guards it.
/// </summary>
internal sealed class SlotTable
{
    private readonly Dictionary<ReadOnlyMemory<byte>, StoredEntry> _entries = new(KeyComparer.Instance);
    private readonly Dictionary<ReadOnlyMemory<byte>, StoredEntry>.AlternateLookup<ReadOnlySpan<byte>> _bySpan;

    public SlotTable() => _bySpan = _entries.GetAlternateLookup<ReadOnlySpan<byte>>();

    public int Count => _entries.Count;

    /// <summary>Of keys, values and content types.</summary>
    public long Bytes { get; private set; }

    /// <summary>Grows with each change.</summary>
    public long Changes { get; private set; }

    /// <summary>The entries by key; never written to, so that scans may keep it. Null after a change.</summary>
    public StoredEntry[]? Sorted { get; set; }

    public bool TryGet(ReadOnlySpan<byte> key, out StoredEntry entry) => _bySpan.TryGetValue(key, out entry);

    /// <summary>Gives the difference in entries and bytes.</summary>
    public (long Entries, long Bytes) Put(in StoredEntry entry)
    {
        var buffer = new byte[entry.Key.Length + entry.Value.Length];
        entry.Key.CopyTo(buffer);
        entry.Value.CopyTo(buffer.AsMemory(entry.Key.Length));
        var copy = entry with { Key = buffer.AsMemory(0, entry.Key.Length), Value = buffer.AsMemory(entry.Key.Length) };

        // Removed first: the table would keep the old key object, and with it the old value's memory.
        var old = _bySpan.Remove(copy.Key.Span, out _, out var previous) ? SizeOf(previous) : 0;
        _entries.Add(copy.Key, copy);
        return Changed(old == 0 ? 1 : 0, SizeOf(copy) - old);
    }

    /// <summary>Gives the difference in entries and bytes.</summary>
    public (long Entries, long Bytes) Remove(ReadOnlySpan<byte> key) =>
        _bySpan.Remove(key, out _, out var previous) ? Changed(-1, -SizeOf(previous)) : (0, 0);

    public StoredEntry[] ToArray() => [.. _entries.Values];

    private (long Entries, long Bytes) Changed(long entries, long bytes)
    {
        Changes++;
        Sorted = null;
        Bytes += bytes;
        return (entries, bytes);
    }

    private static long SizeOf(in StoredEntry entry) => entry.Key.Length + entry.Value.Length + entry.ContentType.Length;
}
