using KvAspire.Node.Storage;

namespace KvAspire.Tests.Storage;

/// <summary>
/// An engine whose medium fails at the <paramref name="failingWrite"/>-th write (from 1) or, with
/// <see cref="FailNow"/>, at the next call of any kind; from then on it is stopped, as a real one would be.
/// </summary>
/// <param name="inner">Disposed with this.</param>
/// <param name="failingWrite">Never by default.</param>
/// <param name="applied">Whether the write that fails is on the medium all the same: its caller cannot know.</param>
internal sealed class FailingEngine(IStorageEngine inner, long failingWrite = long.MaxValue, bool applied = false) : IStorageEngine
{
    private long _writes;
    private volatile bool _failed;
    private Exception? _once;
    private int _before;

    public string Name => inner.Name;

    public long Writes => Interlocked.Read(ref _writes);

    public void FailNow() => _failed = true;

    /// <summary>One call of any kind throws this, after so many others; the medium is well.</summary>
    public void ThrowOnce(Exception exception, int after = 0) => (_once, _before) = (exception, after);

    public bool TryGet(int slot, ReadOnlySpan<byte> key, out StoredEntry entry) => Working().TryGet(slot, key, out entry);

    public bool TryGetHeader(int slot, ReadOnlySpan<byte> key, out EntryHeader header) => Working().TryGetHeader(slot, key, out header);

    public void Write(StorageBatch batch, bool sync)
    {
        if (Interlocked.Increment(ref _writes) >= failingWrite && !_failed)
        {
            if (applied)
            {
                inner.Write(batch, sync);
            }

            _failed = true;
        }

        Working().Write(batch, sync);
    }

    public void Sync() => Working().Sync();

    public IEnumerable<StoredEntry> Scan(int slot, ReadOnlyMemory<byte> after = default) => Fail(Working().Scan(slot, after));

    public IEnumerable<(ReadOnlyMemory<byte> Key, EntryHeader Header)> ScanHeaders(int slot, ReadOnlyMemory<byte> after = default) =>
        Fail(Working().ScanHeaders(slot, after));

    public byte[]? GetMetadata(string name) => Working().GetMetadata(name);

    public (long Entries, long Bytes) Estimate() => Working().Estimate();

    public void Dispose() => inner.Dispose();

    private IEnumerable<T> Fail<T>(IEnumerable<T> scan)
    {
        foreach (var entry in scan)
        {
            Working();
            yield return entry;
        }
    }

    private IStorageEngine Working()
    {
        if (_once is { } exception && _before-- == 0)
        {
            _once = null;
            throw exception;
        }

        return _failed ? throw new StorageException("The medium failed: the test wants it so.") : inner;
    }
}
