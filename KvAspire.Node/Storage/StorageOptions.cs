namespace KvAspire.Node.Storage;

/// <summary>How a node stores its entries: the configuration section <c>Storage</c>.</summary>
internal sealed class StorageOptions
{
    public const string Section = "Storage";

    /// <summary>
    /// The node's own directory, made if it is not there. Relative paths start at the working directory.
    /// Required, except with <see cref="StorageEngineKind.Memory"/>, which does not use it.
    /// </summary>
    public string Path { get; set; } = "";

    /// <summary>RocksDb by default.</summary>
    public StorageEngineKind Engine { get; set; } = StorageEngineKind.RocksDb;

    /// <summary>When what was acknowledged is made to survive a power cut. OnView by default.</summary>
    public FsyncMode Fsync { get; set; } = FsyncMode.OnView;

    /// <summary>With <see cref="FsyncMode.OnView"/>: milliseconds from one sync to the next, 10 to 60,000. 1,000 by default.</summary>
    public int SyncIntervalMilliseconds { get; set; } = 1_000;

    /// <summary>Memory for blocks read from disk, in MiB, 1 to 65,536. 64 by default.</summary>
    public int BlockCacheMegabytes { get; set; } = 64;

    /// <summary>
    /// Memory that collects writes before they become a file, in MiB, 1 to 1,024. 32 by default; up to three times
    /// as much is in use while files are written.
    /// </summary>
    public int WriteBufferMegabytes { get; set; } = 32;
}

/// <summary>Where entries are kept.</summary>
internal enum StorageEngineKind
{
    /// <summary>On disk: survives the end of the process.</summary>
    RocksDb,

    /// <summary>In the process: a node that ends has forgotten everything, and comes back as a new store.</summary>
    Memory,
}

/// <summary>
/// When the write-ahead log is forced to the medium. In both modes a write is in the log before it is acknowledged,
/// so that a killed process loses nothing; they differ in what a power cut (or a kernel crash) takes.
/// </summary>
internal enum FsyncMode
{
    /// <summary>
    /// About once a second and at each view. A power cut on one machine costs nothing as long as another copy of
    /// the slot stays up: the node comes back out of sync and catches up. If all copies of a slot lose power together, the
    /// writes acknowledged since the last sync, about the last second's, are lost.
    /// </summary>
    OnView,

    /// <summary>
    /// Once for each batch, before it is acknowledged. A power cut loses nothing that was acknowledged, even on all
    /// machines at once, provided the disks keep what they report as written. Each acknowledgement waits for an fsync.
    /// </summary>
    Always,
}
