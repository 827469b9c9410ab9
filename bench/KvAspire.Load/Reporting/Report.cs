using System.Globalization;
using KvAspire.Load.Options;
using KvAspire.Load.Running;

namespace KvAspire.Load.Reporting;

/// <summary>Writes a summary for people. Its last line counts what failed and what was wrong.</summary>
internal static class Report
{
    public static string Describe(Baseline baseline) => string.Create(
        CultureInfo.InvariantCulture,
        $"GET /{Baseline.Path}: {baseline.PerSecond:N0}/s, {Describe(LatencySummary.From(baseline.Latency))}");

    /// <summary>What a run will do, in one line, so that it can be repeated.</summary>
    public static string Describe(LoadOptions options)
    {
        var extent = options.Duration is { } duration
            ? string.Create(CultureInfo.InvariantCulture, $"{duration.TotalSeconds:0.#} s")
            : string.Create(CultureInfo.InvariantCulture, $"{options.Requests:N0} requests");
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{options.Choice.ToString().ToLowerInvariant()} {options.Mode.ToString().ToLowerInvariant()}: {extent}, {options.KeyCount:N0} keys, {options.ValueSize:N0} bytes a value, {options.Workers} workers, seed {options.Seed}");
    }

    public static void Write(TextWriter output, RunSummary summary)
    {
        output.WriteLine();
        foreach (var operation in summary.Operations)
        {
            var answers = string.Join(", ", operation.Answers.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => Count(pair.Value, pair.Key)));
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{operation.Phase,-9} {operation.Kind,-6} {operation.Requests,10:N0}  {Describe(operation.Latency)}  ({answers})"));
        }

        foreach (var kill in summary.Kills)
        {
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"kill      {kill.Node,-6} noticed after {kill.NoticedAfterSeconds:0.0} s, all slots fully replicated {kill.WholeAfterSeconds:0.0} s after its new start"));
        }

        foreach (var wrong in summary.WrongAnswers)
        {
            output.WriteLine(wrong);
        }

        if (summary.Wrong > summary.WrongAnswers.Count)
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"… and {summary.Wrong - summary.WrongAnswers.Count:N0} more wrong answers"));
        }

        foreach (var trouble in summary.Troubles)
        {
            output.WriteLine(trouble);
        }

        if (summary.Late > 0)
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{summary.Late:N0} writes without an answer showed up after later ones (allowed: they had got stuck on their way)"));
        }

        WriteTotals(output, summary);
    }

    private static void WriteTotals(TextWriter output, RunSummary summary)
    {
        var share = summary.BaselinePerSecond is > 0 and var baseline
            ? string.Create(CultureInfo.InvariantCulture, $" ({summary.RequestsPerSecond / baseline:P0} of the baseline)")
            : "";
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{summary.Requests:N0} requests in {summary.Seconds:0.00} s, {summary.RequestsPerSecond:N0}/s{share}; seed {summary.Seed}"));
        if (summary.Interrupted)
        {
            output.WriteLine("Interrupted: the keys were not read once more.");
        }

        var kinds = summary.Wrong == 0 ? "" : $" ({string.Join(", ", summary.WrongByKind.Select(pair => Count(pair.Value, pair.Key)))})";
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{summary.Failed:N0} failed, {summary.Wrong:N0} wrong{kinds}"));
    }

    private static string Describe(LatencySummary latency) => string.Create(
        CultureInfo.InvariantCulture,
        $"p50 {latency.P50:0.00}  p90 {latency.P90:0.00}  p99 {latency.P99:0.00}  max {latency.Max:0.00} ms");

    private static string Count(long count, string what) => string.Create(CultureInfo.InvariantCulture, $"{count:N0} {what}");
}
