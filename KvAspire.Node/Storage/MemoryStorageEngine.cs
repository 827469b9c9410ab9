namespace KvAspire.Node.Storage;

/// <summary>
/// Keeps everything in this process's memory: for tests, simulation, and <c>Storage:Engine=Memory</c>.
/// What it holds ends with the object; until then every write counts as synced.
/// </summary>
/// <remarks>
/// One lock guards all slots, so that a batch shows as one, over slots too. Sorting and stepping through a scan
/// happen outside of it. Keys and values are copied in: the caller may use its buffers again.
/// </remarks>
internal sealed class MemoryStorageEngine : IStorageEngine
{
    private readonly Lock _lock = new();
    private readonly SlotTable?[] _slots = new SlotTable?[StorageLimits.SlotCount];
    private readonly Dictionary<string, byte[]> _metadata = new(StringComparer.Ordinal);
    private long _entries;
    private long _bytes;
    private bool _disposed;

    public string Name => "Memory";

    public bool TryGet(int slot, ReadOnlySpan<byte> key, out StoredEntry entry)
    {
        StorageLimits.CheckSlot(slot);
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_slots[slot] is { } table)
            {
                return table.TryGet(key, out entry);
            }
        }

        entry = default;
        return false;
    }

    public bool TryGetHeader(int slot, ReadOnlySpan<byte> key, out EntryHeader header)
    {
        var found = TryGet(slot, key, out var entry);
        header = found ? entry.Header : default;
        return found;
    }

    public void Write(StorageBatch batch, bool sync)
    {
        StorageLimits.Check(batch);
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            foreach (var change in batch.Changes)
            {
                Apply(change);
            }
        }
    }

    public void Sync()
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
        }
    }

    public IEnumerable<StoredEntry> Scan(int slot, ReadOnlyMemory<byte> after = default)
    {
        StorageLimits.CheckSlot(slot);
        return ScanSlot(slot, after);
    }

    public IEnumerable<(ReadOnlyMemory<byte> Key, EntryHeader Header)> ScanHeaders(int slot, ReadOnlyMemory<byte> after = default) =>
        Scan(slot, after).Select(entry => (entry.Key, entry.Header));

    public byte[]? GetMetadata(string name)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return (byte[]?)_metadata.GetValueOrDefault(name)?.Clone();
        }
    }

    public (long Entries, long Bytes) Estimate()
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return (_entries, _bytes);
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            Array.Clear(_slots);
            _metadata.Clear();
        }
    }

    private void Apply(in StorageChange change)
    {
        switch (change.Kind)
        {
            case ChangeKind.Put:
                Count((_slots[change.Slot] ??= new()).Put(change.Entry));
                break;
            case ChangeKind.Remove when _slots[change.Slot] is { } table:
                Count(table.Remove(change.Entry.Key.Span));
                break;
            case ChangeKind.PurgeSlot when _slots[change.Slot] is { } table:
                Count((-table.Count, -table.Bytes));
                _slots[change.Slot] = null;
                break;
            case ChangeKind.Metadata when change.Value is { } value:
                _metadata[change.Name!] = (byte[])value.Clone();
                break;
            case ChangeKind.Metadata:
                _metadata.Remove(change.Name!);
                break;
        }
    }

    private void Count((long Entries, long Bytes) difference)
    {
        _entries += difference.Entries;
        _bytes += difference.Bytes;
    }

    private IEnumerable<StoredEntry> ScanSlot(int slot, ReadOnlyMemory<byte> after)
    {
        var sorted = Snapshot(slot);
        for (var i = after.IsEmpty ? 0 : FirstAfter(sorted, after.Span); i < sorted.Length; i++)
        {
            yield return sorted[i];
        }
    }

    private StoredEntry[] Snapshot(int slot)
    {
        SlotTable? table;
        StoredEntry[] entries;
        long changes;
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            table = _slots[slot];
            if (table is null)
            {
                return [];
            }

            if (table.Sorted is { } ready)
            {
                return ready;
            }

            entries = table.ToArray();
            changes = table.Changes;
        }

        Array.Sort(entries, static (x, y) => x.Key.Span.SequenceCompareTo(y.Key.Span));
        lock (_lock)
        {
            // Good for later scans only if nothing was written meanwhile; for this one it is right in any case.
            if (table.Changes == changes)
            {
                table.Sorted = entries;
            }
        }

        return entries;
    }

    private static int FirstAfter(StoredEntry[] sorted, ReadOnlySpan<byte> key)
    {
        var (low, high) = (0, sorted.Length);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (sorted[middle].Key.Span.SequenceCompareTo(key) <= 0)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }
}
