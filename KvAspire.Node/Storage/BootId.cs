namespace KvAspire.Node.Storage;

/// <summary>
/// Which run of the operating system this is. What a process has written survives its end, and not that of the system: with another run, what
/// was not synced is gone.
/// </summary>
internal static class BootId
{
    private const string Linux = "/proc/sys/kernel/random/boot_id";

    /// <summary>Another one after each start of the machine; null if that cannot be told. Linux only.</summary>
    public static string? Current { get; } = Read();

    private static string? Read()
    {
        try
        {
            return File.Exists(Linux) ? File.ReadAllText(Linux).Trim() : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
