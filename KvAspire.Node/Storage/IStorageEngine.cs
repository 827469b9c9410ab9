namespace KvAspire.Node.Storage;

/// <summary>
/// An ordered store of entries by (slot, key), with a few named values of the node's own beside them.
/// Reads and scans may come from any thread at any time; <see cref="Write"/> comes from one thread at a time.
/// </summary>
/// <remarks>
/// Versions are not compared here: the caller decides what to write. Every failure of the medium surfaces as
/// <see cref="StorageException"/>; after one, the engine accepts nothing more (fail-stop).
/// </remarks>
internal interface IStorageEngine : IDisposable
{
    /// <summary>"RocksDb" or "Memory", for people.</summary>
    string Name { get; }

    /// <summary>The newest entry of the key, tombstones included.</summary>
    bool TryGet(int slot, ReadOnlySpan<byte> key, out StoredEntry entry);

    /// <summary>The same without the value, which is not copied.</summary>
    bool TryGetHeader(int slot, ReadOnlySpan<byte> key, out EntryHeader header);

    /// <summary>
    /// Writes the batch as one: all of it or nothing survives a crash. On return it survives the end of the process;
    /// if <paramref name="sync"/> is set, or an earlier call of <see cref="Sync"/> comes later, it survives a power cut.
    /// </summary>
    /// <exception cref="StorageException">Nothing is promised about the batch; the engine is stopped.</exception>
    void Write(StorageBatch batch, bool sync);

    /// <summary>Everything written before the call survives a power cut when it returns.</summary>
    /// <exception cref="StorageException">The engine is stopped.</exception>
    void Sync();

    /// <summary>
    /// The entries of a slot in key order (by unsigned bytes), as of the moment of the first step: a snapshot.
    /// </summary>
    /// <param name="slot">0 to 1,023.</param>
    /// <param name="after">Only keys greater than this one; empty for all.</param>
    IEnumerable<StoredEntry> Scan(int slot, ReadOnlyMemory<byte> after = default);

    /// <summary>The same without the values, which are not copied.</summary>
    IEnumerable<(ReadOnlyMemory<byte> Key, EntryHeader Header)> ScanHeaders(int slot, ReadOnlyMemory<byte> after = default);

    /// <summary>A value written with <see cref="StorageBatch.PutMetadata"/>, or null.</summary>
    byte[]? GetMetadata(string name);

    /// <summary>About how many entries, tombstones included, and how many bytes the engine holds.</summary>
    (long Entries, long Bytes) Estimate();
}

/// <summary>The medium failed: disk full, I/O error, corruption. The node stops serving data.</summary>
internal sealed class StorageException(string message, Exception? inner = null) : Exception(message, inner);
