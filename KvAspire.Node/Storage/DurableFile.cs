using System.Runtime.InteropServices;

namespace KvAspire.Node.Storage;

/// <summary>Replaces a small file so that after a crash, or a power cut, either the old or the new one is there, whole.</summary>
internal static class DurableFile
{
    /// <summary>On return the new content is on the medium.</summary>
    /// <exception cref="IOException">Nothing has changed, or the new content is there.</exception>
    public static void Replace(string path, ReadOnlySpan<byte> content)
    {
        var temporary = path + ".new";
        using (var stream = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.None))
        {
            stream.Write(content);
            stream.Flush(flushToDisk: true);
        }

        File.Move(temporary, path, overwrite: true);
        FlushDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
    }

    /// <summary>Makes the directory, and those above it, if they are not there; on return their names are on the medium.</summary>
    /// <exception cref="IOException">It could not be made, or not synced.</exception>
    public static void CreateDirectory(string path)
    {
        var parents = new Stack<string>();
        for (var made = Path.GetFullPath(path); !Directory.Exists(made) && Path.GetDirectoryName(made) is { } parent; made = parent)
        {
            parents.Push(parent);
        }

        Directory.CreateDirectory(path);
        foreach (var parent in parents)
        {
            FlushDirectory(parent);
        }
    }

    /// <summary>A new name is durable only with its directory. Windows has no such call, and does not need it.</summary>
    public static void FlushDirectory(string directory)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var descriptor = Open(directory, 0);
        if (descriptor < 0)
        {
            throw new IOException($"{directory} cannot be opened: {Marshal.GetLastPInvokeErrorMessage()}");
        }

        var failed = Fsync(descriptor) != 0;
        var reason = Marshal.GetLastPInvokeErrorMessage();
        _ = Close(descriptor);
        if (failed)
        {
            throw new IOException($"{directory} cannot be synced: {reason}");
        }
    }

    // .NET opens files only, and a directory's fsync is out of its reach.
    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Fsync(int descriptor);

    [DllImport("libc", EntryPoint = "close", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Close(int descriptor);
}
