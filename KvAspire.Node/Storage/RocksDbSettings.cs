using RocksDbSharp;

namespace KvAspire.Node.Storage;

/// <summary>
/// How the database is opened. Sized for several nodes on one small machine: per node three write buffers and the
/// block cache, and little else.
/// </summary>
internal static class RocksDbSettings
{
    public const string MetadataFamily = "metadata";

    /// <param name="options">Sizes.</param>
    /// <param name="mayHaveLostPower">What was written last, and not synced, may be missing in parts.</param>
    public static DbOptions Database(StorageOptions options, bool mayHaveLostPower)
    {
        var database = new DbOptions()
            .SetCreateIfMissing(true)
            .SetCreateMissingColumnFamilies(true)
            .SetParanoidChecks(true)
            .IncreaseParallelism(2)
            .SetMaxOpenFiles(512)
            .SetBytesPerSync(1 << 20)
            // The metadata family is written rarely; without a limit its oldest entry would keep every log alive.
            .SetMaxTotalWalSize(4 * Megabytes(options.WriteBufferMegabytes))
            .SetInfoLogLevel(InfoLogLevel.Warn)
            .SetMaxLogFileSize(4 << 20)
            .SetKeepLogFileNum(4)
            .SetStatsDumpPeriodSec(0)
            // What was not yet synced when the power went may be on the disk in parts and in any order. Recovery then
            // stops at the first record that is not whole: everything synced lies before it. After a kill all that was
            // written is there but for an incomplete last record, and any other fault is damage: then do not start.
            .SetWalRecoveryMode(mayHaveLostPower ? Recovery.PointInTime : Recovery.TolerateCorruptedTailRecords);

        // Compactions give way to whatever serves clients.
        var environment = Native.Instance.rocksdb_create_default_env();
        Native.Instance.rocksdb_env_lower_thread_pool_cpu_priority(environment);
        Native.Instance.rocksdb_env_destroy(environment);

        // A log that was synced and is now missing or shorter is a damaged disk, not a torn tail: then do not start.
        Native.Instance.rocksdb_options_set_track_and_verify_wals_in_manifest(database.Handle, 1);
        return database;
    }

    public static ColumnFamilies Families(StorageOptions options)
    {
        var cache = Cache.CreateLru(Megabytes(options.BlockCacheMegabytes));
        return new ColumnFamilies(Entries(options, cache)) { { MetadataFamily, Metadata(cache) } };
    }

    private static ColumnFamilyOptions Entries(StorageOptions options, Cache cache) =>
        new ColumnFamilyOptions()
            .SetWriteBufferSize(Megabytes(options.WriteBufferMegabytes))
            .SetMaxWriteBufferNumber(3)
            .SetTargetFileSizeBase(32 << 20)
            .SetMaxBytesForLevelBase(128 << 20)
            .SetCompression(Compression.Lz4)
            // Small blocks: a read of one key decompresses one of them.
            .SetBlockBasedTableFactory(Table(cache).SetBlockSize(4 << 10).SetFilterPolicy(BloomFilterPolicy.Create(10, false)));

    private static ColumnFamilyOptions Metadata(Cache cache) =>
        new ColumnFamilyOptions()
            .SetWriteBufferSize(1 << 20)
            .SetCompression(Compression.Lz4)
            .SetBlockBasedTableFactory(Table(cache));

    private static BlockBasedTableOptions Table(Cache cache) =>
        new BlockBasedTableOptions()
            .SetBlockCache(cache)
            .SetCacheIndexAndFilterBlocks(true)
            .SetPinL0FilterAndIndexBlocksInCache(true);

    private static ulong Megabytes(int count) => (ulong)count << 20;
}
