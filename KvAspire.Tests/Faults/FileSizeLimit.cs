using System.Globalization;
using System.Runtime.InteropServices;

namespace KvAspire.Tests.Faults;

/// <summary>
/// A full disk for one process, without root and without a file system of its own: its limit on the size of files is set to zero
/// (RLIMIT_FSIZE, prlimit(2)), and every write to a file fails with EFBIG from then on. Linux only.
/// </summary>
internal static partial class FileSizeLimit
{
    private const int FileSize = 1;
    private const int SignalFileTooLarge = 25;

    /// <summary>
    /// The processes started from now on inherit that SIGXFSZ is ignored: a write beyond the limit fails, instead of ending the
    /// process.
    /// </summary>
    public static void FailRatherThanEnd()
    {
        if (OperatingSystem.IsLinux())
        {
            _ = Signal(SignalFileTooLarge, 1);
        }
    }

    /// <summary>Whether a write beyond the limit would fail rather than end the process.</summary>
    public static bool CanBeSet(int pid)
    {
        if (!OperatingSystem.IsLinux())
        {
            return false;
        }

        // proc(5): a mask in hexadecimal, whose lowest bit is signal 1.
        var ignored = File.ReadLines($"/proc/{pid}/status").First(l => l.StartsWith("SigIgn:", StringComparison.Ordinal)).Split('\t')[1];
        return (ulong.Parse(ignored, NumberStyles.HexNumber, CultureInfo.InvariantCulture) & (1UL << (SignalFileTooLarge - 1))) != 0;
    }

    /// <summary>Lets all writes of the process to files fail until its end.</summary>
    /// <exception cref="InvalidOperationException">It cannot be done.</exception>
    public static void SetToZero(int pid)
    {
        var limit = new Limit { Soft = 0, Hard = 0 };
        if (SetLimit(pid, FileSize, ref limit, IntPtr.Zero) != 0)
        {
            throw new InvalidOperationException($"The file size limit of process {pid} could not be set: {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Limit
    {
        public ulong Soft;
        public ulong Hard;
    }

    [LibraryImport("libc", EntryPoint = "signal")]
    private static partial IntPtr Signal(int signal, IntPtr handler);

    [LibraryImport("libc", EntryPoint = "prlimit", SetLastError = true)]
    private static partial int SetLimit(int pid, int resource, ref Limit limit, IntPtr old);
}
