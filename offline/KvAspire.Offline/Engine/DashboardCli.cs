using System.Runtime.InteropServices;

namespace KvAspire.Offline;

/// <summary>
/// Gets the Aspire CLI, which contains the real dashboard, from npm: about 120 MB, once, kept under artifacts/. A fetch that was
/// interrupted leaves nothing that looks complete.
/// </summary>
internal sealed class DashboardCli(string artifacts)
{
    public const string Version = "13.5.4";

    private static readonly string s_package = $"@microsoft/aspire-cli-{Platform()}";

    private string Kept => Path.Combine(artifacts, "aspire-cli", $"{Version}-{Platform()}");

    private string Executable => Path.Combine(
        Kept, "node_modules", s_package, "bin", OperatingSystem.IsWindows() ? "aspire.exe" : "aspire");

    /// <summary>Where the CLI keeps what it unpacks.</summary>
    public string Home => Path.Combine(artifacts, "aspire-cli", "home");

    /// <summary>Whether it is here already.</summary>
    public bool IsHere => File.Exists(Executable);

    /// <summary>Whether it can be fetched at all.</summary>
    public static bool CanBeFetched => FindOnPath(Npm) is not null;

    private static string Npm => OperatingSystem.IsWindows() ? "npm.cmd" : "npm";

    /// <summary>Fetches the CLI if need be, and gives its path.</summary>
    /// <exception cref="InvalidOperationException">npm could not fetch it; the message is its last line.</exception>
    public async Task<string> GetAsync(Action<ChildProcess> started)
    {
        if (IsHere)
        {
            return Executable;
        }

        var fetched = Path.Combine(artifacts, "aspire-cli", $"fetching-{Environment.ProcessId}");
        Directory.CreateDirectory(fetched);
        try
        {
            var last = "";
            var npm = ChildProcess.Start(
                FindOnPath(Npm)!,
                ["install", "--prefix", fetched, "--no-save", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error", $"{s_package}@{Version}"],
                fetched,
                ResourceEnvironment.Complete(new Dictionary<string, string>()),
                line => last = string.IsNullOrWhiteSpace(line) ? last : line);
            started(npm);
            if (await npm.Exited.ConfigureAwait(false) is not 0 and var exitCode)
            {
                throw new InvalidOperationException($"npm ended with exit code {exitCode}: {last}");
            }

            if (!IsHere)
            {
                Directory.Move(fetched, Kept);
            }

            return IsHere ? Executable : throw new InvalidOperationException($"{s_package} does not contain what was expected.");
        }
        finally
        {
            if (Directory.Exists(fetched))
            {
                Directory.Delete(fetched, recursive: true);
            }
        }
    }

    private static string Platform()
    {
        var system = OperatingSystem.IsWindows() ? "win"
            : OperatingSystem.IsMacOS() ? "osx"
            : RuntimeInformation.RuntimeIdentifier.Contains("musl", StringComparison.Ordinal) ? "linux-musl" : "linux";
        return $"{system}-{(RuntimeInformation.OSArchitecture == Architecture.Arm64 ? "arm64" : "x64")}";
    }

    private static string? FindOnPath(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        .Select(directory => Path.Combine(directory, program))
        .FirstOrDefault(File.Exists);
}
