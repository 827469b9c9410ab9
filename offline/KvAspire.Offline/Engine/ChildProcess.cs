using System.Diagnostics;
using System.Runtime.InteropServices;

namespace KvAspire.Offline;

/// <summary>A process that ends with the AppHost at the latest. A resource's is the application itself, without a wrapper around it.</summary>
internal sealed class ChildProcess
{
    private const int SigTerm = 15;

    private readonly Process _process;

    private ChildProcess(Process process) => _process = process;

    public int Id => _process.Id;

    /// <summary>Ends with the exit code when the process has ended and its output was read.</summary>
    public required Task<int> Exited { get; init; }

    /// <summary>The dotnet host that runs this process, so that resources get the same runtime.</summary>
    public static string Dotnet { get; } = FindDotnet();

    /// <summary>Starts a program.</summary>
    /// <param name="program">Its path, or its name if it is on the path.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="workingDirectory">Where it runs.</param>
    /// <param name="environment">Its environment, complete.</param>
    /// <param name="output">Takes each line that it writes.</param>
    public static ChildProcess Start(
        string program,
        IEnumerable<string> arguments,
        string workingDirectory,
        IReadOnlyDictionary<string, string> environment,
        Action<string> output)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = workingDirectory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Clear();
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        var process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, e) => Forward(e.Data);
        process.ErrorDataReceived += (_, e) => Forward(e.Data);
        process.Start();
        Reaper.Add(process.Id);
        process.StandardInput.Close();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return new ChildProcess(process) { Exited = WaitAsync(process) };

        void Forward(string? line)
        {
            if (line is not null)
            {
                output(line);
            }
        }
    }

    /// <summary>Asks the process to end, and ends it if it has not done so in time.</summary>
    public async Task<int> StopAsync(TimeSpan patience)
    {
        if (!_process.HasExited)
        {
            if (OperatingSystem.IsWindows() || kill(_process.Id, SigTerm) != 0)
            {
                _process.Kill();
            }

            try
            {
                await Exited.WaitAsync(patience).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                _process.Kill(entireProcessTree: true);
            }
        }

        return await Exited.ConfigureAwait(false);
    }

    private static string FindDotnet()
    {
        var name = OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet";
        var own = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", name));
        return File.Exists(own) ? own : name;
    }

    private static async Task<int> WaitAsync(Process process)
    {
        await process.WaitForExitAsync().ConfigureAwait(false);
        Reaper.Remove(process.Id);
        return process.ExitCode;
    }

    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    [DllImport("libc", SetLastError = true)]
    private static extern int kill(int pid, int signal);
}
