using System.Globalization;
using System.Text;
using KvAspire.Checking.Histories;

namespace KvAspire.Tests.Faults;

/// <summary>A run as a Markdown table, for docs/reliability.md.</summary>
internal static class FaultTable
{
    public static string Of(FaultRunResult result)
    {
        var text = new StringBuilder();
        var (options, report) = (result.Options, result.Report);
        text.Append(CultureInfo.InvariantCulture, $"Seed {options.Seed}, {result.Elapsed.TotalMinutes:0.0} minutes: {result.Faults.Count:N0} faults of {result.Faults.Select(f => f.Kind).Distinct().Count()} kinds, ");
        text.Append(CultureInfo.InvariantCulture, $"{result.Operations:N0} operations ({result.Operations / result.Elapsed.TotalSeconds:0}/s) on {report.Keys:N0} keys, {report.Unknown:N0} of unknown outcome, and {report.Operations - result.Operations:N0} reads in the end. ");
        text.Append(CultureInfo.InvariantCulture, $"{report.Undecided.Count:N0} keys undecided, {result.Troubles.Count:N0} troubles, {result.LeftOut.Values.Sum():N0} planned faults left out. ");
        text.AppendLine(CultureInfo.InvariantCulture, $"The longest time in which no client at all had a successful answer was {Seconds(result.LongestSilence)} s.");
        text.AppendLine();
        text.AppendLine("| fault | times | operations | unknown outcomes | keys found empty that had a value | other violations | pause p50 (s) | p99 (s) | max (s) |");
        text.AppendLine("|---|---:|---:|---:|---:|---:|---:|---:|---:|");
        foreach (var kind in Enum.GetValues<FaultKind>())
        {
            Append(text, Name(kind), [.. Enumerable.Range(0, result.Faults.Count).Where(i => result.Faults[i].Kind == kind)], result);
        }

        Append(text, "**all**", [.. Enumerable.Range(0, result.Faults.Count)], result);
        return text.ToString();
    }

    private static string Name(FaultKind kind) => kind switch
    {
        FaultKind.KillPrimary => "primary killed",
        FaultKind.KillFarEnd => "far end killed",
        FaultKind.PauseNode => "node paused (SIGSTOP)",
        FaultKind.StopNode => "node stopped in good order",
        FaultKind.KillCoordinator => "coordinator killed",
        FaultKind.KillStandby => "standby killed",
        FaultKind.PauseCoordinator => "coordinator paused beyond its lease",
        FaultKind.StopCoordinator => "coordinator stopped in good order",
        FaultKind.KillEverything => "everything killed at once",
        FaultKind.EmptyDirectory => "node killed, its directory emptied",
        FaultKind.FillDisk => "every write of a node to disk fails",
        FaultKind.AddNode => "node added",
        FaultKind.RemoveNode => "node removed for good",
        FaultKind.ForgetNode => "node killed and forgotten",
        FaultKind.CutLink => "coordinator – node: cut",
        FaultKind.StallLink => "coordinator – node: nothing arrives",
        FaultKind.SlowLink => "coordinator – node: slow",
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    private static void Append(StringBuilder text, string name, int[] faults, FaultRunResult result)
    {
        var pauses = faults.Select(i => result.Pauses[i]).Order().ToList();
        var violations = result.Report.Violations.Where(v => faults.Contains(FaultOf(v, result))).ToList();
        var lost = violations.Count(v => v.Kind == Anomaly.LostWrite);
        var operations = faults.Sum(i => After(i, f => f.OperationsBefore, result.Operations, result));
        var unknown = faults.Sum(i => After(i, f => f.UnknownBefore, result.Report.Unknown, result));
        text.AppendLine(CultureInfo.InvariantCulture, $"| {name} | {faults.Length:N0} | {operations:N0} | {unknown:N0} | {lost} | {violations.Count - lost} | {Seconds(Pauses.Percentile(pauses, 0.5))} | {Seconds(Pauses.Percentile(pauses, 0.99))} | {Seconds(Pauses.Percentile(pauses, 1))} |");
    }

    /// <summary>From this fault to the next one.</summary>
    private static long After(int fault, Func<FaultRecord, long> count, long atEnd, FaultRunResult result) =>
        (fault + 1 < result.Faults.Count ? count(result.Faults[fault + 1]) : atEnd) - count(result.Faults[fault]);

    /// <summary>The last fault before the contradiction.</summary>
    private static int FaultOf(Violation violation, FaultRunResult result)
    {
        var end = violation.Shortest.Max(o => Math.Max(o.Start, o.End));
        return Math.Max(0, result.Faults.Count(f => f.Start <= end) - 1);
    }

    private static string Seconds(TimeSpan time) => time.TotalSeconds.ToString("0.00", CultureInfo.InvariantCulture);
}
