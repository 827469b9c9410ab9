using System.Diagnostics;
using System.Globalization;
using Aspire.Hosting.ApplicationModel;

namespace KvAspire.Tests.Hosting;

/// <summary>Finds the process of a resource.</summary>
internal static class ResourceProcess
{
    /// <summary>
    /// The id of the application's own process. <c>executable.pid</c> may be a <c>dotnet run</c> that has it as its only child;
    /// killing that one would leave the application running.
    /// </summary>
    public static int IdOf(ResourceEvent resource)
    {
        var value = resource.Snapshot.Properties.Single(p => p.Name == "executable.pid").Value;
        var pid = Convert.ToInt32(value, CultureInfo.InvariantCulture);
        using var pgrep = Process.Start(new ProcessStartInfo("pgrep", ["-P", pid.ToString(CultureInfo.InvariantCulture)]) { RedirectStandardOutput = true })!;
        var children = pgrep.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return children.Length == 0 ? pid : int.Parse(children.Single(), CultureInfo.InvariantCulture);
    }

    /// <summary>Kills the application as a crash would.</summary>
    public static void Kill(ResourceEvent resource)
    {
        using var process = Process.GetProcessById(IdOf(resource));
        process.Kill();
    }
}
