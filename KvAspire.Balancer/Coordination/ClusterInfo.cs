using System.Text;
using KvAspire.Balancer.Cluster;
using KvAspire.Balancer.Store;
using Microsoft.Extensions.Options;

namespace KvAspire.Balancer.Coordination;

/// <summary>Reads the coordinator's state for people and scripts.</summary>
internal sealed class ClusterInfo : IClusterInfo
{
    private readonly Coordinator _coordinator;
    private readonly IKeyValueStore _store;
    private readonly ClusterOptions _options;

    public ClusterInfo(Coordinator coordinator, IKeyValueStore store, IOptions<ClusterOptions> options, BalancerTelemetry telemetry)
    {
        _coordinator = coordinator;
        _store = store;
        _options = options.Value;
        telemetry.ObserveServing(() => _coordinator.State.Phase == CoordinatorPhase.Serving);
        telemetry.ObserveSlots(() => Slots);
    }

    /// <summary>How the slots are; null while no view is in force.</summary>
    public SlotSummary? Slots => _coordinator.Serving is { } serving ? Summarize(serving.View) : null;

    public ClusterStatus GetStatus()
    {
        var state = _coordinator.State;
        var view = _coordinator.Serving?.View;
        var reports = _coordinator.Reports;
        var awaited = _coordinator.Awaited.ToHashSet(StringComparer.Ordinal);
        var names = (view?.Members.Keys ?? []).Concat(_options.Nodes).Concat(awaited).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);
        return new ClusterStatus(
            state.Phase.ToString().ToLowerInvariant(),
            state.Detail,
            state.WaitingFor.Count > 0 || view is null ? state.WaitingFor : HoldersAway(view),
            view?.Cluster,
            view?.Epoch.ToString(),
            view?.Coordinator,
            view?.ReplicationFactor ?? _options.ReplicationFactor,
            Summarize(view),
            [.. names.Select(n => StatusOf(n, view, awaited.Contains(n), reports.GetValueOrDefault(n) ?? NodeReport.Nothing))],
            [.. _coordinator.Filler.Moves]);
    }

    public async ValueTask<KeyPlacement> LocateAsync(ReadOnlyMemory<byte> key, CancellationToken cancellationToken)
    {
        var slot = Rendezvous.SlotOf(key.Span, _options.SlotCount);
        var read = await _store.ReadAsync(key, cancellationToken);
        var serving = await _coordinator.ServingAsync(cancellationToken);
        var placed = serving.View.Slots[slot];
        return new KeyPlacement(
            Encoding.UTF8.GetString(key.Span),
            slot,
            [.. placed.Chain],
            [.. placed.Filling.Select(f => f.Node)],
            read.Value?.Version.ToString());
    }

    private static List<string> HoldersAway(View view) =>
        [.. Enumerable.Range(0, view.Slots.Length)
            .Where(s => !view.IsServed(s))
            .SelectMany(s => view.Slots[s].Chain)
            .Where(n => !view.IsUp(n))
            .Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal)];

    private static SlotSummary Summarize(View? view)
    {
        if (view is null)
        {
            return new SlotSummary(View.SlotCount, 0, 0, View.SlotCount);
        }

        var copies = Enumerable.Range(0, view.Slots.Length).Select(s => view.IsServed(s) ? view.Slots[s].Chain.Length : 0).ToList();
        return new SlotSummary(
            copies.Count,
            copies.Count(c => c >= view.ReplicationFactor),
            copies.Sum(c => Math.Max(0, view.ReplicationFactor - c)),
            copies.Count(c => c == 0));
    }

    private static NodeStatus StatusOf(string name, View? view, bool isAwaited, NodeReport report)
    {
        var member = view?.Members.GetValueOrDefault(name);
        return new NodeStatus(
            name,
            member?.Address ?? report.Seen?.Address,
            member?.State.ToString().ToLowerInvariant() ?? (isAwaited ? "awaited" : view?.Removed.Contains(name) == true ? "removed" : "unknown"),
            view?.Slots.Count(s => s.Chain.FirstOrDefault() == name) ?? 0,
            view?.Slots.Count(s => s.Chain.Contains(name)) ?? 0,
            view?.Slots.Count(s => s.IsFilling(name)) ?? 0,
            (long?)report.Statistics?.Entries,
            (long?)report.Statistics?.Bytes,
            report.Statistics?.Engine,
            member is { DownSince: > 0 } ? DateTimeOffset.FromUnixTimeMilliseconds(member.DownSince) : null,
            report.Fault.Length > 0 ? report.Fault : report.Problem.Length > 0 ? report.Problem : null);
    }
}
