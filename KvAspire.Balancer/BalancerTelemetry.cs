using System.Diagnostics;
using System.Diagnostics.Metrics;
using KvAspire.Balancer.Store;

namespace KvAspire.Balancer;

/// <summary>The balancer's traces and metrics. Names are public: dashboards count on them.</summary>
internal sealed class BalancerTelemetry : IDisposable
{
    public const string SourceName = "KvAspire.Balancer";
    public const string RequestDurationName = "kvaspire.balancer.request.duration";
    public const string RetriesName = "kvaspire.balancer.request.retries";
    public const string ViewsName = "kvaspire.balancer.views";
    public const string CopiedName = "kvaspire.balancer.copied.entries";
    public const string CopiedSizeName = "kvaspire.balancer.copied.size";
    public const string SlotsToCopyName = "kvaspire.balancer.slots.to_copy";
    public const string MissingCopiesName = "kvaspire.balancer.copies.missing";
    public const string ServingName = "kvaspire.balancer.serving";
    public const string UnservedSlotsName = "kvaspire.balancer.slots.unserved";

    /// <summary>Seconds: from a read in memory to a request that waited for a failover until its time was up.</summary>
    private static readonly double[] DurationBoundaries =
        [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

    private readonly ActivitySource _source = new(SourceName);
    private readonly Meter _meter = new(SourceName);
    private readonly Histogram<double> _duration;
    private readonly Counter<long> _retries;
    private readonly Counter<long> _views;
    private readonly Counter<long> _copied;
    private readonly Counter<long> _copiedSize;

    public BalancerTelemetry()
    {
        _duration = _meter.CreateHistogram(
            RequestDurationName,
            "s",
            "Time from a client's operation to its outcome.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = DurationBoundaries });
        _retries = _meter.CreateCounter<long>(RetriesName, "{retry}", "Operations begun again because of a failover.");
        _views = _meter.CreateCounter<long>(ViewsName, "{view}", "Views committed.");
        _copied = _meter.CreateCounter<long>(CopiedName, "{entry}", "Entries that nodes were filled with, by node.");
        _copiedSize = _meter.CreateCounter<long>(CopiedSizeName, "By", "Bytes that nodes were filled with, by node.");
    }

    public void RecordRequest(string operation, string outcome, TimeSpan elapsed)
    {
        if (_duration.Enabled)
        {
            _duration.Record(
                elapsed.TotalSeconds,
                new KeyValuePair<string, object?>("kvaspire.operation", operation),
                new KeyValuePair<string, object?>("kvaspire.outcome", outcome));
        }
    }

    public void CountRetry() => _retries.Add(1);

    public void CountView() => _views.Add(1);

    public void CountCopied(string node, long entries, long bytes)
    {
        var tag = new KeyValuePair<string, object?>("kvaspire.node", node);
        _copied.Add(entries, tag);
        _copiedSize.Add(bytes, tag);
    }

    /// <summary>Has the moves under way measured. Called once.</summary>
    public void ObserveMoves(Func<IEnumerable<MoveStatus>> moves) => _meter.CreateObservableGauge(
        SlotsToCopyName,
        () => moves().Select(m => new Measurement<int>(m.SlotsTotal - m.SlotsDone, new KeyValuePair<string, object?>("kvaspire.node", m.Node))),
        "{slot}",
        "Slots that a node is still to be filled with, by node.");

    /// <summary>Has measured whether the balancer serves. Called once.</summary>
    public void ObserveServing(Func<bool> isServing) => _meter.CreateObservableGauge(
        ServingName, () => isServing() ? 1 : 0, description: "1 if this balancer serves, 0 if it stands by or waits for nodes.");

    /// <summary>
    /// Has the slots that are not as they should be measured. Called once.
    /// </summary>
    /// <param name="slots">Null while there is no view: then nothing is measured, since 0 would say that all is well.</param>
    public void ObserveSlots(Func<SlotSummary?> slots)
    {
        _meter.CreateObservableGauge(
            MissingCopiesName, () => Measure(slots()?.MissingCopies), "{copy}", "Copies of slots that are wanted and not in sync.");
        _meter.CreateObservableGauge(
            UnservedSlotsName, () => Measure(slots()?.Unavailable), "{slot}", "Slots without a copy that is up and in sync.");
    }

    /// <summary>The root of a trace of its own for the filling of a node; null if it is not sampled.</summary>
    public Activity? StartMoveSpan(string node)
    {
        var before = Activity.Current;
        Activity.Current = null;
        var span = _source.StartActivity("move slots");
        span?.SetTag("kvaspire.node", node);
        Activity.Current = before;
        return span;
    }

    /// <summary>A span for one replica's part in an operation; null if the operation is not sampled.</summary>
    public Activity? StartReplicaSpan(string name, string node, int slot, ActivityContext parent)
    {
        if (parent == default)
        {
            return null;
        }

        var span = _source.StartActivity(name, ActivityKind.Client, parent);
        span?.SetTag("kvaspire.node", node);
        span?.SetTag("kvaspire.slot", slot);
        return span;
    }

    /// <summary>Notes on a replica's span why it did not do its part.</summary>
    /// <param name="span">Null if the operation is not sampled.</param>
    /// <param name="errorType"><c>unreachable</c>, <c>refused</c> (it obeys another view) or <c>fault</c> (its storage failed).</param>
    public static void Fail(Activity? span, string errorType)
    {
        span?.SetTag("error.type", errorType);
        span?.SetStatus(ActivityStatusCode.Error);
    }

    private static IEnumerable<Measurement<int>> Measure(int? value) => value is { } known ? [new Measurement<int>(known)] : [];

    public void Dispose()
    {
        _source.Dispose();
        _meter.Dispose();
    }
}
