using KvAspire.Node.Storage;

namespace KvAspire.Tests.Storage;

/// <summary>
/// Remembers what a power cut would take: the batches since the last sync. After <see cref="PowerCut"/> it is
/// as if the node had started again on what the medium holds.
/// </summary>
/// <remarks>A medium may keep more than was synced, but then a first part of it, as the engine recovers its log.</remarks>
internal sealed class UnsyncedTailEngine : IStorageEngine
{
    private readonly Lock _lock = new();
    private readonly SyncedState _synced = new();
    private readonly List<StorageBatch> _tail = [];
    private MemoryStorageEngine _current = new();

    public string Name => "Memory";

    /// <summary>Told of each entry that is stored.</summary>
    public Action<StoredEntry>? Stored { get; init; }

    /// <summary>Tells <see cref="SyncedAt"/>.</summary>
    public Func<TimeSpan>? Clock { get; init; }

    /// <summary>When the medium was last synced, for whatever reason: what was stored by then no power cut takes.</summary>
    public TimeSpan SyncedAt { get; private set; }

    /// <summary>How many batches a power cut would take now.</summary>
    public int Unsynced
    {
        get
        {
            lock (_lock)
            {
                return _tail.Count;
            }
        }
    }

    /// <summary>Drops the unsynced batches, but for the first <paramref name="kept"/> of them.</summary>
    public void PowerCut(int kept = 0)
    {
        lock (_lock)
        {
            _tail.Take(kept).ToList().ForEach(_synced.Apply);
            _tail.Clear();
            _current.Dispose();
            _current = new();
            _current.Write(_synced.ToBatch(), sync: true);
        }
    }

    public bool TryGet(int slot, ReadOnlySpan<byte> key, out StoredEntry entry) => Current().TryGet(slot, key, out entry);

    public bool TryGetHeader(int slot, ReadOnlySpan<byte> key, out EntryHeader header) => Current().TryGetHeader(slot, key, out header);

    public void Write(StorageBatch batch, bool sync)
    {
        lock (_lock)
        {
            _current.Write(batch, sync);
            _tail.Add(Copy(batch));
            if (Stored is not null)
            {
                foreach (var change in batch.Changes.Where(c => c.Kind == ChangeKind.Put))
                {
                    Stored(change.Entry);
                }
            }

            if (sync)
            {
                Settle();
            }
        }
    }

    public void Sync()
    {
        lock (_lock)
        {
            _current.Sync();
            Settle();
        }
    }

    public IEnumerable<StoredEntry> Scan(int slot, ReadOnlyMemory<byte> after = default) => Current().Scan(slot, after);

    public IEnumerable<(ReadOnlyMemory<byte> Key, EntryHeader Header)> ScanHeaders(int slot, ReadOnlyMemory<byte> after = default) =>
        Current().ScanHeaders(slot, after);

    public byte[]? GetMetadata(string name) => Current().GetMetadata(name);

    public (long Entries, long Bytes) Estimate() => Current().Estimate();

    public void Dispose() => Current().Dispose();

    private MemoryStorageEngine Current()
    {
        lock (_lock)
        {
            return _current;
        }
    }

    private void Settle()
    {
        _tail.ForEach(_synced.Apply);
        _tail.Clear();
        SyncedAt = Clock?.Invoke() ?? default;
    }

    // The caller may use its batch and buffers again.
    private static StorageBatch Copy(StorageBatch batch)
    {
        var copy = new StorageBatch();
        foreach (var (kind, slot, entry, name, value) in batch.Changes)
        {
            switch (kind)
            {
                case ChangeKind.Put:
                    copy.Put(slot, entry with { Key = entry.Key.ToArray(), Value = entry.Value.ToArray() });
                    break;
                case ChangeKind.Remove:
                    copy.Remove(slot, entry.Key.ToArray());
                    break;
                case ChangeKind.PurgeSlot:
                    copy.PurgeSlot(slot);
                    break;
                default:
                    copy.PutMetadata(name!, value?.ToArray());
                    break;
            }
        }

        return copy;
    }
}
