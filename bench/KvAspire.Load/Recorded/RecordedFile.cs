using KvAspire.Checking.Histories;

namespace KvAspire.Load.Recorded;

/// <summary>Histories on disk, and what is found in them.</summary>
internal static class RecordedFile
{
    /// <summary>How far expiry may be off, in microseconds: as much as several changes of the coordinator in a row.</summary>
    public const long ExpirySlack = 15_000_000;

    private const int ViolationsShown = 5;

    /// <summary>Checks a file again, without a store.</summary>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    /// <exception cref="LoadException">The file cannot be read.</exception>
    public static async Task<int> CheckAsync(string path, TextWriter output, CancellationToken cancelled)
    {
        HistoryReport report;
        try
        {
            report = HistoryChecker.Check(await HistoryFile.ReadAsync(path, cancelled), ExpirySlack);
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            throw new LoadException($"--check-file: {e.Message}");
        }

        Write(output, report);
        return report.Violations.Count > 0 ? ExitCode.WrongAnswer : report.IsWell ? ExitCode.AllWell : ExitCode.Failed;
    }

    /// <exception cref="LoadException">The file cannot be written.</exception>
    public static async Task SaveAsync(string path, History history)
    {
        try
        {
            await HistoryFile.WriteAsync(path, history);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new LoadException($"--history: the history cannot be written to {path}: {e.Message}");
        }
    }

    public static void Write(TextWriter output, HistoryReport report)
    {
        foreach (var violation in report.Violations.Take(ViolationsShown))
        {
            output.WriteLine(violation);
        }

        foreach (var key in report.Undecided.Take(ViolationsShown))
        {
            output.WriteLine($"Undecided: key {key}");
        }

        output.WriteLine(report);
    }
}
