using System.Diagnostics;
using System.Diagnostics.Metrics;
using KvAspire.Node.Replication;
using KvAspire.Protocol;

namespace KvAspire.Node.Hosting;

/// <summary>The node's traces and metrics. Names are public: dashboards count on them.</summary>
internal sealed class NodeTelemetry : IDisposable
{
    public const string SourceName = "KvAspire.Node";
    public const string OperationsName = "kvaspire.node.operations";
    public const string EntriesName = "kvaspire.node.entries";
    public const string BytesName = "kvaspire.node.storage.size";
    public const string CopiedName = "kvaspire.node.copied";

    private readonly ActivitySource _source = new(SourceName);
    private readonly Meter _meter = new(SourceName);
    private readonly Counter<long> _operations;
    private readonly Counter<long> _copied;
    private long _carriedOut;

    public NodeTelemetry(ReplicaCore core)
    {
        _operations = _meter.CreateCounter<long>(OperationsName, "{operation}", "Operations carried out, by kind.");
        _copied = _meter.CreateCounter<long>(CopiedName, "{entry}", "Entries taken from other nodes.");
        _meter.CreateObservableGauge(EntriesName, () => core.Estimate().Entries, "{entry}", "Entries held, estimated by the engine.");
        _meter.CreateObservableGauge(BytesName, () => core.Estimate().Bytes, "By", "Bytes held, estimated by the engine.");
    }

    /// <summary>Operations of clients carried out so far.</summary>
    public long Operations => Interlocked.Read(ref _carriedOut);

    public void CountOperations(IReadOnlyList<Operation> operations)
    {
        Interlocked.Add(ref _carriedOut, operations.Count);
        var writes = 0;
        foreach (var operation in operations)
        {
            writes += operation.Kind == OperationKind.Write ? 1 : 0;
        }

        if (writes > 0)
        {
            _operations.Add(writes, new KeyValuePair<string, object?>("kvaspire.operation", "write"));
        }

        if (writes < operations.Count)
        {
            _operations.Add(operations.Count - writes, new KeyValuePair<string, object?>("kvaspire.operation", "read"));
        }
    }

    public void CountCopied(int entries) => _copied.Add(entries);

    /// <summary>Spans for those operations of a batch whose request is sampled; null if there are none.</summary>
    public List<Activity>? StartSpans(IReadOnlyList<Operation> operations)
    {
        List<Activity>? spans = null;
        foreach (var operation in operations)
        {
            if (operation.Traceparent.Length > 0
                && ActivityContext.TryParse(operation.Traceparent, null, isRemote: true, out var parent)
                && _source.StartActivity(
                    operation.Kind == OperationKind.Write ? "replica write" : "replica read", ActivityKind.Server, parent) is { } span)
            {
                span.SetTag("kvaspire.slot", operation.Slot);
                Activity.Current = null;
                (spans ??= []).Add(span);
            }
        }

        return spans;
    }

    /// <summary>A span for the slots taken from one node; null if the move is not sampled.</summary>
    public Activity? StartCopySpan(CopySlotsRequest request)
    {
        if (request.Traceparent.Length == 0 || !ActivityContext.TryParse(request.Traceparent, null, isRemote: true, out var parent))
        {
            return null;
        }

        var span = _source.StartActivity("take slots", ActivityKind.Server, parent);
        span?.SetTag("kvaspire.node", request.Source);
        span?.SetTag("kvaspire.slots", request.Slots.Count);
        return span;
    }

    public void Dispose()
    {
        _source.Dispose();
        _meter.Dispose();
    }
}
