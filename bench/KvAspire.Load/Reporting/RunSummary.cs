using System.Text.Json;
using System.Text.Json.Serialization;
using KvAspire.Load.Measuring;
using KvAspire.Load.Options;
using KvAspire.Load.Running;
using KvAspire.Load.Work;

namespace KvAspire.Load.Reporting;

/// <summary>A run in numbers: what <c>--json</c> writes. Latencies are in milliseconds.</summary>
internal sealed record RunSummary(
    ulong Seed,
    string Choice,
    string Mode,
    int Keys,
    int ValueSize,
    int Concurrency,
    double Seconds,
    long Requests,
    double RequestsPerSecond,
    double? BaselinePerSecond,
    long Failed,
    long Wrong,
    long Late,
    IReadOnlyList<OperationSummary> Operations,
    IReadOnlyDictionary<string, long> WrongByKind,
    IReadOnlyList<string> WrongAnswers,
    IReadOnlyList<KillRecord> Kills,
    IReadOnlyList<string> Troubles,
    bool Interrupted,
    int ExitCode)
{
    public static RunSummary From(LoadOptions options, RunResult result)
    {
        var all = new Tally();
        all.Merge(result.Preload);
        all.Merge(result.Measured);
        all.Merge(result.Final);
        var seconds = result.Elapsed.TotalSeconds;
        return new RunSummary(
            options.Seed,
            options.Choice.ToString().ToLowerInvariant(),
            options.Mode.ToString().ToLowerInvariant(),
            options.KeyCount,
            options.ValueSize,
            options.Workers,
            seconds,
            result.Measured.Done,
            seconds > 0 ? result.Measured.Done / seconds : 0,
            result.Baseline?.PerSecond,
            result.Failed,
            result.Wrong,
            result.Late,
            [.. Phase("preload", result.Preload), .. Phase("load", result.Measured), .. Phase("last read", result.Final)],
            all.WrongByKind.ToDictionary(pair => pair.Key.ToString().ToLowerInvariant(), pair => pair.Value),
            all.Descriptions,
            result.Kills,
            result.Troubles,
            result.Interrupted,
            result.ExitCode);
    }

    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">As above.</exception>
    public void Save(string path)
    {
        using var file = File.Create(path);
        JsonSerializer.Serialize(file, this, SummaryJson.Default.RunSummary);
    }

    private static IEnumerable<OperationSummary> Phase(string phase, Tally tally) =>
        from kind in Enum.GetValues<OperationKind>()
        let answers = tally.Answers.Where(pair => pair.Key.Kind == kind).ToDictionary(pair => pair.Key.Answer, pair => pair.Value)
        where answers.Count > 0
        select new OperationSummary(phase, kind.ToString().ToLowerInvariant(), answers.Values.Sum(), answers, LatencySummary.From(tally.LatencyOf(kind)));
}

/// <param name="Phase"><c>preload</c>, <c>load</c> or <c>last read</c>.</param>
/// <param name="Kind">Which operation.</param>
/// <param name="Requests">How many were made.</param>
/// <param name="Answers">How they ended.</param>
/// <param name="Latency">Of those that did not fail.</param>
internal sealed record OperationSummary(string Phase, string Kind, long Requests, IReadOnlyDictionary<string, long> Answers, LatencySummary Latency);

/// <summary>In milliseconds.</summary>
internal sealed record LatencySummary(double P50, double P90, double P99, double Max)
{
    public static LatencySummary From(LatencyHistogram histogram) => new(
        histogram.Percentile(0.5).TotalMilliseconds,
        histogram.Percentile(0.9).TotalMilliseconds,
        histogram.Percentile(0.99).TotalMilliseconds,
        histogram.Max.TotalMilliseconds);
}

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(RunSummary))]
internal sealed partial class SummaryJson : JsonSerializerContext;
