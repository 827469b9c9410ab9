using System.Diagnostics;
using System.Globalization;

namespace KvAspire.Offline;

/// <summary>
/// Sees to it that no resource outlives the AppHost, even if that is killed outright: a small shell holds the end of a pipe, is
/// told each process that starts or ends, and kills what is left when the pipe closes. Without a shell (Windows) it does nothing.
/// </summary>
internal static class Reaper
{
    // Signals of the terminal reach the whole group; the shell has to stay until the AppHost is gone.
    private const string Script = """
        trap '' INT TERM HUP QUIT
        pids=' '
        while read -r op pid; do
          case $op in
            +) pids="$pids$pid " ;;
            -) pids="${pids%% $pid *} ${pids#* $pid }" ;;
          esac
        done
        for pid in $pids; do pkill -KILL -P "$pid" 2>/dev/null; kill -KILL "$pid" 2>/dev/null; done
        """;

    private static readonly Lock s_lock = new();
    private static StreamWriter? s_pipe;

    public static void Add(int pid) => Tell('+', pid);

    public static void Remove(int pid) => Tell('-', pid);

    private static void Tell(char op, int pid)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        lock (s_lock)
        {
            s_pipe ??= Start();
            s_pipe.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{op} {pid}"));
            s_pipe.Flush();
        }
    }

    private static StreamWriter Start()
    {
        var shell = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", Script]) { RedirectStandardInput = true })
            ?? throw new InvalidOperationException("/bin/sh could not be started.");
        return shell.StandardInput;
    }
}
