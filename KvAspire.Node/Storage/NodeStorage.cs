using System.Text;

namespace KvAspire.Node.Storage;

/// <summary>A node's open engine, with the incarnation under which it was opened.</summary>
/// <param name="engine">Disposed with this.</param>
/// <param name="storeId">32 hex digits; another one means that all earlier data is gone.</param>
/// <param name="start">Which start on that store this is, from 1.</param>
/// <param name="directory">Held until the engine is closed; null for one without a disk.</param>
internal sealed class NodeStorage(IStorageEngine engine, string storeId, ulong start, DataDirectory? directory) : IDisposable
{
    private const string StoreIdName = "storage.store-id";

    public IStorageEngine Engine => engine;

    public string StoreId => storeId;

    public ulong Start => start;

    /// <summary>The first start since which no power cut can have taken anything that was acknowledged; 0 if none ever did.</summary>
    public ulong WholeSince => directory?.WholeSince ?? 0;

    /// <summary>Opens what <paramref name="options"/> ask for; they must have passed <see cref="StorageOptionsValidator"/>.</summary>
    /// <exception cref="DataDirectoryException">The directory cannot be used; one sentence says what to change.</exception>
    /// <exception cref="StorageException">The database cannot be opened.</exception>
    public static NodeStorage Open(StorageOptions options, string node)
    {
        if (options.Engine == StorageEngineKind.Memory)
        {
            return new(new MemoryStorageEngine(), StoreIdentity.Create(node).Store, 1, null);
        }

        var directory = DataDirectory.Open(options.Path, node, BootId.Current, options.Fsync == FsyncMode.Always);
        RocksDbStorageEngine? engine = null;
        try
        {
            engine = RocksDbStorageEngine.Open(directory.DatabasePath, options, directory.IsTorn);
            engine.SyncFailed = () => TryMark(directory.MarkFailedSync);
            Claim(engine, directory);
            if (directory.IsTorn)
            {
                directory.MarkMended();
            }

            return new(engine, directory.StoreId, directory.Start, directory);
        }
        catch
        {
            engine?.Dispose();
            directory.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        var isSynced = TrySync();
        engine.Dispose();
        if (directory is not null)
        {
            if (isSynced)
            {
                // Without the note a power cut from here on is taken to have cost something: slower, and as safe.
                TryMark(directory.MarkClosed);
            }

            directory.Dispose();
        }
    }

    private bool TrySync()
    {
        try
        {
            engine.Sync();
            return true;
        }
        catch (StorageException)
        {
            return false;
        }
    }

    /// <summary>The note may fail: whoever makes it can do no more.</summary>
    private static void TryMark(Action mark)
    {
        try
        {
            mark();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or DataDirectoryException)
        {
            // As the caller says.
        }
    }

    /// <summary>
    /// A database that was moved in from another directory would bring back what its store had promised, and one that has lost its beginning
    /// has forgotten that.
    /// </summary>
    private static void Claim(RocksDbStorageEngine engine, DataDirectory directory)
    {
        var claimed = engine.GetMetadata(StoreIdName);
        if (claimed is null && directory.Start > 1)
        {
            // Most likely the first start did not come so far. If it did, the others know of a store that is gone.
            if (!engine.IsEmpty())
            {
                throw new DataDirectoryException(
                    $"The database in {directory.DatabasePath} has lost what it began with: empty {directory.FullPath}, so that the node is filled anew from the others.");
            }

            directory.BeginAnew();
        }

        if (claimed is null)
        {
            var batch = new StorageBatch();
            batch.PutMetadata(StoreIdName, Encoding.UTF8.GetBytes(directory.StoreId));
            engine.Write(batch, sync: true);
        }
        else if (Encoding.UTF8.GetString(claimed) != directory.StoreId)
        {
            throw new DataDirectoryException(
                $"The database in {directory.DatabasePath} belongs to another store than {directory.FullPath} says: put the right one back, or empty the directory.");
        }
    }
}
