using System.Globalization;
using KvAspire.Load.Reporting;

namespace KvAspire.Load.Joining;

/// <summary>Writes a join's summary for people. Its last line counts what failed and what was wrong.</summary>
internal static class JoinReport
{
    public static void Write(TextWriter output, JoinSummary summary)
    {
        output.WriteLine();
        output.WriteLine(summary.Machine);
        Line(output, $"{summary.Nodes} nodes, {summary.Keys:N0} keys of {summary.ValueSize:N0} bytes set at {summary.PreloadPerSecond:N0}/s; then {summary.Rate:N0} requests/s (40 % sets, 50 % gets, 10 % deletes), {summary.Concurrency} workers, seed {summary.Seed}");
        foreach (var phase in summary.Phases)
        {
            Line(output, $"{phase.Name,-10} {phase.Seconds,6:0.0} s {phase.PerSecond,7:N0}/s  reads {Describe(phase.Reads)}  writes {Describe(phase.Writes)}  all p99 {phase.All.P99:0.0} ms = {phase.P99ToRest:0.0} x rest  {phase.Failed:N0} failed");
        }

        foreach (var move in summary.Moves)
        {
            Line(output, $"{move.Name,-10} {move.Slots} copies of slots moved, {move.ShareOfSlots:P1} of the slots = {move.ToExpected:0.00} x copies/nodes; {move.Entries:N0} entries ({move.Bytes / 1e6:0.0} MB) copied in {move.CopyingSeconds:0.0} s: {move.EntriesPerSecond:N0}/s; every copy in its place after {move.WholeSeconds:0.0} s");
        }

        foreach (var line in summary.WrongAnswers.Concat(summary.Troubles))
        {
            output.WriteLine(line);
        }

        if (summary.Interrupted)
        {
            output.WriteLine("Interrupted: not every key was read once more.");
        }

        Line(output, $"{summary.Failed:N0} failed, {summary.Wrong:N0} wrong");
    }

    private static string Describe(LatencySummary latency) =>
        string.Create(CultureInfo.InvariantCulture, $"p50 {latency.P50:0.0} p99 {latency.P99:0.0} max {latency.Max:0} ms");

    private static void Line(TextWriter output, FormattableString line) => output.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
