using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using KvAspire.Load.Measuring;
using KvAspire.Load.Options;
using KvAspire.Load.Reporting;
using KvAspire.Load.Work;

namespace KvAspire.Load.Joining;

/// <summary>A join in numbers: what <c>--json</c> writes. Latencies are in milliseconds.</summary>
internal sealed record JoinSummary(
    string Machine,
    ulong Seed,
    int Nodes,
    int Keys,
    int ValueSize,
    int Concurrency,
    int Rate,
    double PreloadPerSecond,
    IReadOnlyList<PhaseSummary> Phases,
    IReadOnlyList<MoveSummary> Moves,
    long Failed,
    long Wrong,
    IReadOnlyList<string> WrongAnswers,
    IReadOnlyList<string> Troubles,
    bool Interrupted,
    int ExitCode)
{
    /// <summary>Copies of every key; the driver starts its balancer with the default.</summary>
    private const int Copies = 2;

    public static JoinSummary From(LoadOptions options, JoinResult result)
    {
        var all = new Tally();
        all.Merge(result.Preload);
        all.Merge(result.Final);
        foreach (var phase in result.Phases)
        {
            all.Merge(phase.Tally);
        }

        var rest = result.Phases.FirstOrDefault(phase => phase.Name == "rest");
        return new JoinSummary(
            $"{Environment.ProcessorCount} cores, {RuntimeInformation.OSDescription} {RuntimeInformation.OSArchitecture}, {RuntimeInformation.FrameworkDescription}",
            options.Seed,
            options.Nodes,
            options.KeyCount,
            options.ValueSize,
            options.Workers,
            options.Rate,
            result.PreloadLength > TimeSpan.Zero ? result.Preload.Done / result.PreloadLength.TotalSeconds : 0,
            [.. result.Phases.Select(phase => PhaseSummary.From(phase, rest))],
            [.. result.Moves.Select(move => MoveSummary.From(move, Copies))],
            all.Failed,
            all.Wrong,
            all.Descriptions,
            result.Troubles,
            result.Interrupted,
            all.Wrong > 0 ? KvAspire.Load.ExitCode.WrongAnswer
                : result.Interrupted ? KvAspire.Load.ExitCode.Interrupted
                : all.Failed > 0 || result.Troubles.Count > 0 ? KvAspire.Load.ExitCode.Failed
                : KvAspire.Load.ExitCode.AllWell);
    }

    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">As above.</exception>
    public void Save(string path)
    {
        using var file = File.Create(path);
        JsonSerializer.Serialize(file, this, JoinSummaryJson.Default.JoinSummary);
    }
}

/// <param name="Name">As of <see cref="LoadPhase"/>.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="PerSecond">Requests made a second; less than the rate if the store cannot do it.</param>
/// <param name="Reads">How long they took that did not fail.</param>
/// <param name="Writes">Sets and deletions; likewise.</param>
/// <param name="All">Reads and writes.</param>
/// <param name="P99ToRest">The 99th percentile of all, compared with that at rest.</param>
/// <param name="Failed">Requests that failed.</param>
internal sealed record PhaseSummary(
    string Name, double Seconds, double PerSecond, LatencySummary Reads, LatencySummary Writes, LatencySummary All, double P99ToRest, long Failed)
{
    public static PhaseSummary From(LoadPhase phase, LoadPhase? rest)
    {
        var all = LatencySummary.From(Merge(phase.Tally, Enum.GetValues<OperationKind>()));
        var atRest = rest is null ? all : LatencySummary.From(Merge(rest.Tally, Enum.GetValues<OperationKind>()));
        return new PhaseSummary(
            phase.Name,
            phase.Length.TotalSeconds,
            phase.Tally.Done / phase.Length.TotalSeconds,
            LatencySummary.From(Merge(phase.Tally, OperationKind.Get)),
            LatencySummary.From(Merge(phase.Tally, OperationKind.Set, OperationKind.Delete)),
            all,
            atRest.P99 > 0 ? all.P99 / atRest.P99 : 0,
            phase.Tally.Failed);
    }

    private static LatencyHistogram Merge(Tally tally, params OperationKind[] kinds)
    {
        var merged = new LatencyHistogram();
        Array.ForEach(kinds, kind => merged.Merge(tally.LatencyOf(kind)));
        return merged;
    }
}

/// <param name="Name">As of <see cref="MoveResult"/>.</param>
/// <param name="Slots">Copies of slots that moved.</param>
/// <param name="ShareOfSlots">Of all slots.</param>
/// <param name="ToExpected">That share, compared with copies/nodes, the share that has to move.</param>
/// <param name="Entries">Entries copied.</param>
/// <param name="Bytes">Their bytes as sent.</param>
/// <param name="CopyingSeconds">How long copying took.</param>
/// <param name="EntriesPerSecond">Meanwhile.</param>
/// <param name="WholeSeconds">From the request until every copy was in its place.</param>
internal sealed record MoveSummary(
    string Name, int Slots, double ShareOfSlots, double ToExpected, long Entries, long Bytes, double CopyingSeconds, double EntriesPerSecond, double WholeSeconds)
{
    private const int SlotCount = 1024;

    public static MoveSummary From(MoveResult move, int copies)
    {
        var share = move.Slots / (double)SlotCount;
        var seconds = move.Copying.TotalSeconds;
        return new MoveSummary(
            move.Name,
            move.Slots,
            share,
            share / ((double)copies / move.Nodes),
            move.Entries,
            move.Bytes,
            seconds,
            seconds > 0 ? move.Entries / seconds : 0,
            move.Whole.TotalSeconds);
    }
}

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(JoinSummary))]
internal sealed partial class JoinSummaryJson : JsonSerializerContext;
