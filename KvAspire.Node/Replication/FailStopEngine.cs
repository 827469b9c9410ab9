using KvAspire.Node.Storage;

namespace KvAspire.Node.Replication;

/// <summary>An engine that tells its owner of the first failure of the medium, whichever call meets it.</summary>
/// <param name="inner">Does the work; disposed with this.</param>
/// <param name="failed">Told before the exception reaches the caller.</param>
internal sealed class FailStopEngine(IStorageEngine inner, Action<StorageException> failed) : IStorageEngine
{
    public string Name => inner.Name;

    public static IStorageEngine Around(IStorageEngine inner, Action<StorageException> failed) => new FailStopEngine(inner, failed);

    public bool TryGet(int slot, ReadOnlySpan<byte> key, out StoredEntry entry)
    {
        try
        {
            return inner.TryGet(slot, key, out entry);
        }
        catch (StorageException e)
        {
            failed(e);
            throw;
        }
    }

    public bool TryGetHeader(int slot, ReadOnlySpan<byte> key, out EntryHeader header)
    {
        try
        {
            return inner.TryGetHeader(slot, key, out header);
        }
        catch (StorageException e)
        {
            failed(e);
            throw;
        }
    }

    public void Write(StorageBatch batch, bool sync)
    {
        try
        {
            inner.Write(batch, sync);
        }
        catch (StorageException e)
        {
            failed(e);
            throw;
        }
    }

    public void Sync() => Watch(() =>
    {
        inner.Sync();
        return true;
    });

    public IEnumerable<StoredEntry> Scan(int slot, ReadOnlyMemory<byte> after = default) =>
        WatchSteps(Watch(() => inner.Scan(slot, after)));

    public IEnumerable<(ReadOnlyMemory<byte> Key, EntryHeader Header)> ScanHeaders(int slot, ReadOnlyMemory<byte> after = default) =>
        WatchSteps(Watch(() => inner.ScanHeaders(slot, after)));

    public byte[]? GetMetadata(string name) => Watch(() => inner.GetMetadata(name));

    public (long Entries, long Bytes) Estimate() => Watch(inner.Estimate);

    public void Dispose() => inner.Dispose();

    private T Watch<T>(Func<T> call)
    {
        try
        {
            return call();
        }
        catch (StorageException e)
        {
            failed(e);
            throw;
        }
    }

    private IEnumerable<T> WatchSteps<T>(IEnumerable<T> scan)
    {
        // Not a foreach: a step may fail, and a yield cannot stand in a try that catches.
        using var entries = Watch(scan.GetEnumerator);
        while (Watch(entries.MoveNext))
        {
            yield return entries.Current;
        }
    }
}
