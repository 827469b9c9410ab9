using KvAspire.Node.Storage;

namespace KvAspire.Tests.Storage;

/// <summary>An engine in memory that lets a test do something while it is at work.</summary>
internal sealed class HookedEngine : IStorageEngine
{
    private readonly MemoryStorageEngine _inner = new();

    /// <summary>Before a key is looked up.</summary>
    public Action? Finding { get; set; }

    /// <summary>Before a scan gives its n-th entry, from 1.</summary>
    public Action<int>? Scanning { get; set; }

    /// <summary>Before a batch is written.</summary>
    public Action<StorageBatch>? Writing { get; set; }

    /// <summary>Before the engine is synced.</summary>
    public Action? Syncing { get; set; }

    /// <summary>How many values were asked for by key.</summary>
    public int ValuesRead { get; private set; }

    public string Name => _inner.Name;

    public bool TryGet(int slot, ReadOnlySpan<byte> key, out StoredEntry entry)
    {
        Finding?.Invoke();
        ValuesRead++;
        return _inner.TryGet(slot, key, out entry);
    }

    public bool TryGetHeader(int slot, ReadOnlySpan<byte> key, out EntryHeader header)
    {
        Finding?.Invoke();
        return _inner.TryGetHeader(slot, key, out header);
    }

    public void Write(StorageBatch batch, bool sync)
    {
        Writing?.Invoke(batch);
        _inner.Write(batch, sync);
    }

    public void Sync()
    {
        Syncing?.Invoke();
        _inner.Sync();
    }

    public IEnumerable<StoredEntry> Scan(int slot, ReadOnlyMemory<byte> after = default) => Hooked(_inner.Scan(slot, after));

    public IEnumerable<(ReadOnlyMemory<byte> Key, EntryHeader Header)> ScanHeaders(int slot, ReadOnlyMemory<byte> after = default) =>
        Hooked(_inner.ScanHeaders(slot, after));

    public byte[]? GetMetadata(string name) => _inner.GetMetadata(name);

    public (long Entries, long Bytes) Estimate() => _inner.Estimate();

    public void Dispose() => _inner.Dispose();

    private IEnumerable<T> Hooked<T>(IEnumerable<T> scan)
    {
        var n = 0;
        foreach (var entry in scan)
        {
            Scanning?.Invoke(++n);
            yield return entry;
        }
    }
}
