using System.Diagnostics;

namespace KvAspire.Load.Processes;

/// <summary>A service that runs as a process; what it prints goes to a log file. It may be killed and started again.</summary>
/// <param name="name">For people.</param>
/// <param name="assembly">The service's main assembly.</param>
/// <param name="arguments">Its command line.</param>
/// <param name="logPath">Where its output is appended.</param>
internal sealed class ChildProcess(string name, string assembly, IReadOnlyList<string> arguments, string logPath) : IAsyncDisposable
{
    private readonly StreamWriter _log = new(logPath, append: true) { AutoFlush = true };
    private readonly Lock _lock = new();
    private Process? _process;

    public string Name => name;

    public string LogPath => logPath;

    /// <summary>The exit code of a process that ended and was not killed from here; null while it runs.</summary>
    public int? EndedByItselfWith => _process is { HasExited: true } ended ? ended.ExitCode : null;

    public void Start()
    {
        var start = new ProcessStartInfo(ServiceAssembly.Host())
        {
            RedirectStandardError = true,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            WorkingDirectory = Path.GetDirectoryName(assembly)!,
        };
        start.ArgumentList.Add(assembly);
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        var process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, line) => Log(line.Data);
        process.ErrorDataReceived += (_, line) => Log(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        process.StandardInput.Close();
        _process = process;
    }

    /// <summary>Ends the process as a crash would (SIGKILL), if it runs, and waits until it is gone.</summary>
    public async Task KillAsync()
    {
        if (_process is { } process)
        {
            _process = null;
            process.Kill();
            await process.WaitForExitAsync();
            process.Dispose();
        }
    }

    /// <summary>The end of the log, to show what went wrong.</summary>
    public string LogTail(int lines)
    {
        using var reader = new StreamReader(new FileStream(logPath, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return string.Join(Environment.NewLine, reader.ReadToEnd().TrimEnd().Split('\n').TakeLast(lines));
    }

    public async ValueTask DisposeAsync()
    {
        // Once the process is gone and its output read to the end, nobody writes to the log any more.
        await KillAsync();
        await _log.DisposeAsync();
    }

    private void Log(string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (_lock)
        {
            _log.WriteLine(line);
        }
    }
}
