using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace KvAspire.AppHost;

/// <summary>Reaches the process of a resource behind Aspire's back, as a crash or a stall would. Unix only, but for the kill of a process without a wrapper.</summary>
internal static partial class ResourceProcess
{
    private static readonly int Stop = OperatingSystem.IsMacOS() ? 17 : 19;
    private static readonly int Continue = OperatingSystem.IsMacOS() ? 19 : 18;

    /// <summary>
    /// The id of the application's own process. <c>executable.pid</c> may be a <c>dotnet run</c> that has it as its only child;
    /// killing that one would leave the application running.
    /// </summary>
    /// <exception cref="InvalidOperationException">The resource does not run.</exception>
    public static async Task<int> IdOfAsync(ResourceEvent resource, CancellationToken cancellationToken)
    {
        var property = resource.Snapshot.Properties.FirstOrDefault(p => p.Name == "executable.pid");
        if (resource.Snapshot.State?.Text != KnownResourceStates.Running || property?.Value is null)
        {
            throw new InvalidOperationException($"{resource.Resource.Name} does not run.");
        }

        var pid = Convert.ToInt32(property.Value, CultureInfo.InvariantCulture);
        var children = OperatingSystem.IsWindows() ? []
            : OperatingSystem.IsLinux() ? ChildrenFromProc(pid)
            : await ChildrenFromPgrepAsync(pid, cancellationToken);
        return children.Count == 0 ? pid : children.Single();
    }

    /// <summary>Kills the application as a crash would.</summary>
    public static async Task KillAsync(ResourceEvent resource, CancellationToken cancellationToken = default)
    {
        using var process = Process.GetProcessById(await IdOfAsync(resource, cancellationToken));
        process.Kill();
    }

    /// <summary>Stops the application's clock: it keeps its connections, and answers nothing.</summary>
    public static Task PauseAsync(ResourceEvent resource, CancellationToken cancellationToken = default) => SignalAsync(resource, Stop, cancellationToken);

    /// <summary>Lets a paused application go on.</summary>
    public static Task ResumeAsync(ResourceEvent resource, CancellationToken cancellationToken = default) => SignalAsync(resource, Continue, cancellationToken);

    private static async Task SignalAsync(ResourceEvent resource, int signal, CancellationToken cancellationToken)
    {
        var pid = await IdOfAsync(resource, cancellationToken);
        if (SendSignal(pid, signal) != 0)
        {
            throw new InvalidOperationException($"Signal {signal} could not be sent to process {pid}: {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }

    private static List<int> ChildrenFromProc(int parent)
    {
        var children = new List<int>();
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory), CultureInfo.InvariantCulture, out var pid) && ParentOf(directory) == parent)
            {
                children.Add(pid);
            }
        }

        return children;
    }

    /// <summary>From <c>/proc/PID/stat</c> (proc(5)): the second field after the name, which is in brackets and may hold anything.</summary>
    private static int? ParentOf(string directory)
    {
        try
        {
            var stat = File.ReadAllText(Path.Combine(directory, "stat"));
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return int.Parse(fields[1], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            // It has ended meanwhile.
            return null;
        }
    }

    private static async Task<List<int>> ChildrenFromPgrepAsync(int parent, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("pgrep", ["-P", parent.ToString(CultureInfo.InvariantCulture)]) { RedirectStandardOutput = true };
        using var pgrep = Process.Start(start) ?? throw new InvalidOperationException("pgrep could not be started.");
        var lines = (await pgrep.StandardOutput.ReadToEndAsync(cancellationToken)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return [.. lines.Select(l => int.Parse(l, CultureInfo.InvariantCulture))];
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int SendSignal(int pid, int signal);
}
