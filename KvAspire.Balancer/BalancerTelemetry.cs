using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace KvAspire.Balancer;

/// <summary>The balancer's traces and metrics. Names are public: dashboards count on them.</summary>
internal sealed class BalancerTelemetry : IDisposable
{
    public const string SourceName = "KvAspire.Balancer";
    public const string RequestDurationName = "kvaspire.balancer.request.duration";
    public const string RetriesName = "kvaspire.balancer.request.retries";
    public const string ViewsName = "kvaspire.balancer.views";

    /// <summary>Seconds: from a read in memory to a request that waited for a failover until its time was up.</summary>
    private static readonly double[] DurationBoundaries =
        [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

    private readonly ActivitySource _source = new(SourceName);
    private readonly Meter _meter = new(SourceName);
    private readonly Histogram<double> _duration;
    private readonly Counter<long> _retries;
    private readonly Counter<long> _views;

    public BalancerTelemetry()
    {
        _duration = _meter.CreateHistogram(
            RequestDurationName,
            "s",
            "Time from a client's operation to its outcome.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = DurationBoundaries });
        _retries = _meter.CreateCounter<long>(RetriesName, "{retry}", "Operations begun again because of a failover.");
        _views = _meter.CreateCounter<long>(ViewsName, "{view}", "Views committed.");
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

    public void Dispose()
    {
        _source.Dispose();
        _meter.Dispose();
    }
}
