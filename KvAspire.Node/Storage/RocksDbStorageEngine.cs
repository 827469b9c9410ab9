using System.Runtime.InteropServices;
using System.Text;
using RocksDbSharp;

namespace KvAspire.Node.Storage;

/// <summary>
/// Keeps entries in a RocksDB database: a log-structured tree on disk with a write-ahead log. Entries are in the
/// default column family, the node's own values in one of their own; <see cref="EntryFormat"/> says how.
/// </summary>
/// <remarks>
/// A write is in the operating system's hands when <see cref="Write"/> returns, so that it survives the end of the
/// process; <see cref="Sync"/> puts the log onto the medium. A scan holds on to files and memory until it is disposed.
/// A dispose with scans still open closes the database when the last of them ends; their next step throws.
/// </remarks>
internal sealed partial class RocksDbStorageEngine : IStorageEngine
{
    private const int MaxKeptBatchBytes = 4 << 20;

    [ThreadStatic]
    private static byte[]? s_key;

    private delegate T ReadSlice<T>(ReadOnlySpan<byte> key, nint value, int length);

    private readonly RocksDb _database;
    private readonly ColumnFamilyHandle _metadata;
    private readonly UseGate _gate;
    private readonly RocksDbReclaimer _reclaimer;
    private readonly ReadOptions _get = new();
    private readonly WriteOptions _logged = new WriteOptions().SetSync(false);
    private readonly WriteOptions _synced = new WriteOptions().SetSync(true);

    // Both are the writer's; the lock is for callers that break the rule of one writer.
    private readonly Lock _writing = new();
    private WriteBatch _batch = new();

    // Set once, by whoever meets the first failure; read by all.
    private volatile StorageException? _failure;

    private RocksDbStorageEngine(RocksDb database)
    {
        _database = database;
        _metadata = database.GetColumnFamily(RocksDbSettings.MetadataFamily);
        _gate = new UseGate(Close);
        _reclaimer = new RocksDbReclaimer(database, _gate, Bytes);
    }

    public string Name => "RocksDb";

    /// <summary>Told of the first sync that fails, before its caller hears of it.</summary>
    public Action? SyncFailed { private get; set; }

    /// <summary>Opens the database in <paramref name="directory"/>, and makes it if there is none.</summary>
    /// <param name="directory">The database's own.</param>
    /// <param name="options">Sizes.</param>
    /// <param name="mayHaveLostPower">What was written last, and not synced, may be missing; if not, anything missing is damage.</param>
    /// <exception cref="StorageException">It cannot be opened: in use, damaged, not writable, or the native library is missing.</exception>
    public static RocksDbStorageEngine Open(string directory, StorageOptions options, bool mayHaveLostPower = true)
    {
        try
        {
            // The database syncs what it makes in there, and not its own name.
            DurableFile.CreateDirectory(directory);
            return new(RocksDb.Open(RocksDbSettings.Database(options, mayHaveLostPower), directory, RocksDbSettings.Families(options)));
        }
        catch (Exception e) when (e is RocksDbSharpException or IOException or UnauthorizedAccessException or NativeImport.NativeLoadException)
        {
            var advice = e.Message.StartsWith("Corruption", StringComparison.Ordinal)
                ? " If the other nodes have all that this one holds, empty its data directory, so that it is filled anew from them."
                : "";
            throw new StorageException($"The database in {directory} cannot be opened: {e.Message.TrimEnd('.')}.{advice}", e);
        }
    }

    public bool TryGet(int slot, ReadOnlySpan<byte> key, out StoredEntry entry) =>
        TryGet(slot, key, static (key, slice, length) => EntryFormat.Read(Copy(key, slice, length), key.Length), out entry);

    public bool TryGetHeader(int slot, ReadOnlySpan<byte> key, out EntryHeader header) =>
        TryGet(
            slot,
            key,
            static (_, slice, length) => EntryFormat.ReadHeader(Copy(default, slice, Math.Min(length, EntryFormat.MaxHeaderBytes)), length),
            out header);

    public void Write(StorageBatch batch, bool sync)
    {
        StorageLimits.Check(batch);
        Enter();
        try
        {
            lock (_writing)
            {
                var size = RocksDbBatch.Fill(_batch.Clear(), batch, _metadata);
                _database.Write(_batch, sync ? _synced : _logged);
                if (size > MaxKeptBatchBytes)
                {
                    _batch.Dispose();
                    _batch = new();
                }
            }

            foreach (var change in batch.Changes)
            {
                if (change.Kind == ChangeKind.PurgeSlot)
                {
                    _reclaimer.Purged(change.Slot);
                }
            }
        }
        catch (Exception e) when (IsFailure(e))
        {
            throw Stop("writing", e, isSync: sync);
        }
        finally
        {
            _gate.Leave();
        }
    }

    public void Sync()
    {
        Enter();
        try
        {
            FlushLog();
        }
        catch (Exception e) when (IsFailure(e))
        {
            throw Stop("syncing", e, isSync: true);
        }
        finally
        {
            _gate.Leave();
        }
    }

    public byte[]? GetMetadata(string name)
    {
        Enter();
        try
        {
            return _database.Get(Encoding.UTF8.GetBytes(name), _metadata, _get);
        }
        catch (Exception e) when (IsFailure(e))
        {
            throw Stop("reading", e);
        }
        finally
        {
            _gate.Leave();
        }
    }

    /// <summary>Whether there is no entry in any slot.</summary>
    public bool IsEmpty() => !Enumerable.Range(0, StorageLimits.SlotCount).Any(slot => ScanHeaders(slot).Any());

    public (long Entries, long Bytes) Estimate()
    {
        Enter();
        try
        {
            return (Property("rocksdb.estimate-num-keys"), Bytes());
        }
        finally
        {
            _gate.Leave();
        }
    }

    public void Dispose()
    {
        if (!_gate.BeginClose())
        {
            return;
        }

        try
        {
            if (_failure is null)
            {
                FlushLog();
            }
        }
        catch (RocksDbSharpException)
        {
            // A dispose has nobody to tell. Nothing acknowledged depends on this: it only spares a power cut after a
            // stop in good order.
        }

        _reclaimer.Dispose();
        _gate.Leave();
    }

    private void Close()
    {
        _batch.Dispose();
        _database.Dispose();
    }

    private bool TryGet<T>(int slot, ReadOnlySpan<byte> key, ReadSlice<T> read, out T result)
        where T : struct
    {
        StorageLimits.CheckSlot(slot);
        result = default;
        if (key.Length is 0 or > StorageLimits.MaxKeyBytes)
        {
            return false;
        }

        var stored = s_key ??= new byte[EntryFormat.SlotBytes + StorageLimits.MaxKeyBytes];
        var storedLength = EntryFormat.WriteKey(slot, key, stored);
        Enter();
        try
        {
            var slice = Native.Instance.rocksdb_get_pinned(_database.Handle, _get.Handle, stored, (nuint)storedLength, out var error);
            if (error != 0)
            {
                throw new RocksDbException(error);
            }

            if (slice == 0)
            {
                return false;
            }

            try
            {
                var value = Native.Instance.rocksdb_pinnableslice_value(slice, out var length);
                result = read(key, value, (int)length);
                return true;
            }
            finally
            {
                Native.Instance.rocksdb_pinnableslice_destroy(slice);
            }
        }
        catch (Exception e) when (IsFailure(e))
        {
            throw Stop("reading", e);
        }
        finally
        {
            _gate.Leave();
        }
    }

    private static byte[] Copy(ReadOnlySpan<byte> key, nint value, int length)
    {
        var buffer = GC.AllocateUninitializedArray<byte>(key.Length + length);
        key.CopyTo(buffer);
        Marshal.Copy(value, buffer, key.Length, length);
        return buffer;
    }

    private void FlushLog()
    {
        Native.Instance.rocksdb_flush_wal(_database.Handle, 1, out var error);
        if (error != 0)
        {
            throw new RocksDbException(error);
        }
    }

    private long Property(string name) =>
        long.TryParse(_database.GetProperty(name), out var value) ? Math.Max(0, value) : 0;

    private long Bytes() => Property("rocksdb.live-sst-files-size") + Property("rocksdb.cur-size-all-mem-tables");

    private void Enter()
    {
        ThrowIfStopped();
        _gate.Enter();
    }

    private void ThrowIfStopped()
    {
        if (_failure is { } failure)
        {
            throw new StorageException($"The storage engine has stopped after a failure. {failure.Message}", failure);
        }
    }

    private static bool IsFailure(Exception e) => e is RocksDbSharpException or StorageException;

    private StorageException Stop(string doing, Exception e, bool isSync = false)
    {
        var failure = e as StorageException ?? new StorageException($"The database failed while {doing}: {e.Message}", e);
        if (Interlocked.CompareExchange(ref _failure, failure, null) is { } first)
        {
            return first;
        }

        if (isSync)
        {
            SyncFailed?.Invoke();
        }

        return failure;
    }
}
