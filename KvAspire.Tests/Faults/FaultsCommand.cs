using System.Runtime.InteropServices;
using KvAspire.Checking.Histories;

namespace KvAspire.Tests.Faults;

/// <summary>Hurts the real processes for as long as told on the command line.</summary>
internal static class FaultsCommand
{
    private const int ViolationsShown = 5;

    public static async Task<int> RunAsync(string[] args)
    {
        if (args is ["--help" or "-h", ..])
        {
            Console.WriteLine(FaultRunOptions.Help);
            return 0;
        }

        FaultRunOptions options;
        try
        {
            options = FaultRunOptions.Parse(args);
            Directory.CreateDirectory(options.Output!);
        }
        catch (Exception e) when (e is ArgumentException or IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return 2;
        }

        using var interrupted = new CancellationTokenSource();
        using var onInterrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var onTerminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        var result = await new FaultRun(options, Console.WriteLine).RunAsync(interrupted.Token);
        await SaveAsync(result, options.Output!);
        Show(result, options.Output!);
        return result.IsWell ? 0 : 1;

        void Stop(PosixSignalContext context)
        {
            // No new faults; the run heals and is checked. A second signal does not wait for that.
            context.Cancel = !interrupted.IsCancellationRequested;
            interrupted.Cancel();
        }
    }

    private static async Task SaveAsync(FaultRunResult result, string directory)
    {
        await HistoryFile.WriteAsync(Path.Combine(directory, "history.jsonl"), result.History);
        await File.WriteAllLinesAsync(Path.Combine(directory, "events.txt"), result.Events);
        await File.WriteAllTextAsync(Path.Combine(directory, "table.md"), FaultTable.Of(result));
    }

    private static void Show(FaultRunResult result, string directory)
    {
        Console.WriteLine();
        Console.WriteLine(FaultTable.Of(result));
        foreach (var violation in result.Report.Violations.Take(ViolationsShown))
        {
            Console.WriteLine(violation);
        }

        foreach (var key in result.Report.Undecided.Take(ViolationsShown))
        {
            Console.WriteLine($"Undecided: key {key}");
        }

        foreach (var trouble in result.Troubles)
        {
            Console.WriteLine(trouble);
        }

        foreach (var (kind, times) in result.LeftOut)
        {
            Console.WriteLine($"{kind} was left out {times} times: see the events.");
        }

        Console.WriteLine($"{result.Report}. History and events are in {directory}.");
    }
}
