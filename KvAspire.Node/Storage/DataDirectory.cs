using System.Globalization;
using System.Text.Json;

namespace KvAspire.Node.Storage;

/// <summary>
/// A node's directory, held for this process alone until it is disposed: <c>node.json</c> says whose it is,
/// <c>node.lock</c> is held open, <c>node.pid</c> names the holder, and <c>db/</c> is the engine's.
/// </summary>
/// <remarks>
/// The store id stands for the data: it is new whenever the data is, so that nobody counts on a node that has
/// forgotten everything. The start number is new, and on the medium, each time the directory is opened.
/// </remarks>
internal sealed class DataDirectory : IDisposable
{
    private const string IdentityFile = "node.json";
    private const string LockFile = "node.lock";
    private const string HolderFile = "node.pid";

    private readonly FileStream _lock;
    private StoreIdentity _identity;

    private DataDirectory(string path, StoreIdentity identity, FileStream @lock)
    {
        FullPath = path;
        _identity = identity;
        _lock = @lock;
    }

    public string FullPath { get; }

    /// <summary>Where the engine keeps its files.</summary>
    public string DatabasePath => Database(FullPath);

    /// <summary>32 hex digits.</summary>
    public string StoreId => _identity.Store;

    /// <summary>1 for the first start on this store.</summary>
    public ulong Start => _identity.Starts;

    /// <summary>The first start since which no power cut can have taken anything that was acknowledged; 0 if none ever did.</summary>
    public ulong WholeSince => _identity.WholeSince;

    /// <summary>A power cut may have taken some of what was written last; if not, whatever is missing is damage.</summary>
    public bool IsTorn => _identity.IsTorn;

    /// <summary>Opens the directory for the node, and makes it if it is not there.</summary>
    /// <param name="path">The directory.</param>
    /// <param name="node">The node's name.</param>
    /// <param name="boot">This run of the operating system, see <see cref="BootId"/>; null if that cannot be told.</param>
    /// <param name="isSynced">The engine will sync whatever is acknowledged.</param>
    /// <exception cref="DataDirectoryException">It cannot be used; the message is one sentence that says what to change.</exception>
    public static DataDirectory Open(string path, string node, string? boot = null, bool isSynced = false)
    {
        path = Path.GetFullPath(path);
        var held = Lock(path);
        try
        {
            var identity = Renew(path, node).Open(boot, isSynced);
            Save(path, identity);
            File.WriteAllText(Path.Combine(path, HolderFile), Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
            return new(path, identity, held);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            held.Dispose();
            throw NotWritable(path, e);
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>Notes that the database has been opened: what a power cut has left of it is whole again.</summary>
    /// <exception cref="DataDirectoryException">It could not be noted.</exception>
    public void MarkMended() => Change(_identity with { IsTorn = false });

    /// <summary>
    /// Notes that a sync has failed: what was acknowledged and not synced by then may be gone, though it can be read yet. The next start takes it
    /// for a power cut.
    /// </summary>
    /// <exception cref="DataDirectoryException">It could not be noted.</exception>
    public void MarkFailedSync() => Change(_identity with { HasFailedSync = true });

    /// <summary>Makes the store a new one: nothing is there of the one that the directory was for.</summary>
    /// <exception cref="DataDirectoryException">It could not be noted.</exception>
    public void BeginAnew() =>
        Change(StoreIdentity.Create(_identity.Node).Open(_identity.Boot, _identity.IsSynced) with { IsTorn = _identity.IsTorn });

    /// <summary>Notes that everything is on the medium, and nothing is written any more.</summary>
    /// <exception cref="IOException">It could not be noted; then a power cut is taken to have cost something.</exception>
    public void MarkClosed() => Save(FullPath, _identity with { IsClosed = true });

    public void Dispose()
    {
        // The files stay: a name that is removed while another process opens it would be locked twice.
        _lock.Dispose();
    }

    private void Change(StoreIdentity identity)
    {
        try
        {
            Save(FullPath, identity);
            _identity = identity;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw NotWritable(FullPath, e);
        }
    }

    private static void Save(string path, StoreIdentity identity) =>
        DurableFile.Replace(Path.Combine(path, IdentityFile), JsonSerializer.SerializeToUtf8Bytes(identity, StoreIdentityJson.Default.StoreIdentity));

    private static FileStream Lock(string path)
    {
        try
        {
            DurableFile.CreateDirectory(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw NotWritable(path, e);
        }

        var file = Path.Combine(path, LockFile);
        try
        {
            return new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (IsHeld(e))
        {
            throw new DataDirectoryException(
                $"The data directory {path} is in use by another process{Holder(path)}: stop that one, or give this node another Storage:Path.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw NotWritable(path, e);
        }
    }

    // EAGAIN of Linux and of macOS; Windows: sharing violation, lock violation.
    private static bool IsHeld(IOException e) =>
        OperatingSystem.IsWindows() ? (e.HResult & 0xffff) is 32 or 33 : e.HResult is 11 or 35;

    private static string Holder(string path)
    {
        try
        {
            return int.TryParse(File.ReadAllText(Path.Combine(path, HolderFile)), CultureInfo.InvariantCulture, out var pid) ? $" (pid {pid})" : "";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    /// <summary>The identity that this start goes on from.</summary>
    private static StoreIdentity Renew(string path, string node)
    {
        var database = Database(path);

        // RocksDB makes a new database where CURRENT is missing, and sweeps away what it finds.
        var hasData = File.Exists(Path.Combine(database, "CURRENT"));
        if (!hasData && Directory.Exists(database) && Directory.EnumerateFiles(database).Any(f => Path.GetExtension(f) is ".sst" or ".log"))
        {
            throw new DataDirectoryException(
                $"The data directory {path} is damaged, its database lacks the file CURRENT: empty the directory, so that the node is filled anew from the others.");
        }

        if (Read(path) is not { } known)
        {
            return hasData
                ? throw new DataDirectoryException(
                    $"The data directory {path} holds data but no {IdentityFile} that says whose: put that file back, or empty the directory.")
                : StoreIdentity.Create(node);
        }

        if (known.Format > StoreIdentity.CurrentFormat)
        {
            throw new DataDirectoryException(
                $"The data directory {path} has format {known.Format} and this program knows formats up to {StoreIdentity.CurrentFormat}: run a newer version on it, or give this node another Storage:Path.");
        }

        if (!known.IsWhole)
        {
            throw Damaged(path);
        }

        if (known.Node != node)
        {
            throw new DataDirectoryException(
                $"The data directory {path} belongs to node {known.Node} and not to {node}: give this node another Storage:Path, or the name {known.Node}.");
        }

        // With the data gone, the store that the others know is gone as well.
        return hasData ? known : StoreIdentity.Create(node);
    }

    private static StoreIdentity? Read(string path)
    {
        var file = Path.Combine(path, IdentityFile);
        if (!File.Exists(file))
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(file), StoreIdentityJson.Default.StoreIdentity) ?? throw Damaged(path);
        }
        catch (JsonException e)
        {
            throw Damaged(path, e);
        }
    }

    private static string Database(string path) => Path.Combine(path, "db");

    private static DataDirectoryException Damaged(string path, Exception? inner = null) =>
        new($"The data directory {path} has a damaged {IdentityFile}: put back a whole one, or empty the directory, so that the node is filled anew from the others.", inner);

    private static DataDirectoryException NotWritable(string path, Exception inner) =>
        new($"The data directory {path} cannot be written ({inner.Message.TrimEnd('.')}): give this process the right to write there, or set another Storage:Path.", inner);
}

/// <summary>The directory cannot be used. The message is one sentence that says what to change.</summary>
internal sealed class DataDirectoryException(string message, Exception? inner = null) : Exception(message, inner);
