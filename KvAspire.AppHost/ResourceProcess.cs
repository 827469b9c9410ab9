using System.Diagnostics;
using System.Globalization;

namespace KvAspire.AppHost;

/// <summary>Reaches the process of a resource behind Aspire's back, as a crash or a stall would. Unix only, but for the kill of a process without a wrapper.</summary>
internal static class ResourceProcess
{
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
        if (OperatingSystem.IsWindows())
        {
            return pid;
        }

        var start = new ProcessStartInfo("pgrep", ["-P", pid.ToString(CultureInfo.InvariantCulture)]) { RedirectStandardOutput = true };
        using var pgrep = Process.Start(start) ?? throw new InvalidOperationException("pgrep could not be started.");
        var children = (await pgrep.StandardOutput.ReadToEndAsync(cancellationToken)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return children.Length == 0 ? pid : int.Parse(children.Single(), CultureInfo.InvariantCulture);
    }

    /// <summary>Kills the application as a crash would.</summary>
    public static async Task KillAsync(ResourceEvent resource, CancellationToken cancellationToken = default)
    {
        using var process = Process.GetProcessById(await IdOfAsync(resource, cancellationToken));
        process.Kill();
    }

    /// <summary>Stops the application's clock: it keeps its connections, and answers nothing.</summary>
    public static Task PauseAsync(ResourceEvent resource, CancellationToken cancellationToken = default) => SignalAsync(resource, "-STOP", cancellationToken);

    /// <summary>Lets a paused application go on.</summary>
    public static Task ResumeAsync(ResourceEvent resource, CancellationToken cancellationToken = default) => SignalAsync(resource, "-CONT", cancellationToken);

    private static async Task SignalAsync(ResourceEvent resource, string signal, CancellationToken cancellationToken)
    {
        var pid = await IdOfAsync(resource, cancellationToken);
        using var kill = Process.Start(new ProcessStartInfo("kill", [signal, pid.ToString(CultureInfo.InvariantCulture)]))
            ?? throw new InvalidOperationException("kill could not be started.");
        await kill.WaitForExitAsync(cancellationToken);
        if (kill.ExitCode != 0)
        {
            throw new InvalidOperationException($"kill {signal} {pid} ended with exit code {kill.ExitCode}.");
        }
    }
}
