using KvAspire.Balancer.Cluster;
using KvAspire.Balancer.Coordination;

namespace KvAspire.Tests.Simulation;

/// <content>What the cluster has come to, seen from above.</content>
internal sealed partial class Simulation
{
    /// <summary>Each slot has all its copies on nodes that are up, under a view that all of them have.</summary>
    public bool IsWhole() =>
        Serving() is { } view
        && view.Members.Values.All(m => m.State == MemberState.Active)
        && Nodes.All(n => n is { IsUp: true, IsDiskFailing: false, Process.IsPaused: false }
            && (HasTaken(n, view) || IsLeftOut(n, view)))
        && !view.IsFilling
        && view.Slots.All(s => s.Chain.Length == Math.Min(_options.ReplicationFactor, view.Members.Count));

    /// <summary>
    /// Whatever the node holds another one holds that is up and in sync, so that nothing is lost with its disk; and with one of three
    /// that were in sync gone for good, a start needs no operator.
    /// </summary>
    public bool IsHeldElsewhereToo(SimulatedNode node) =>
        !Network.HasCuts
        && Serving() is { InSync.Count: > 2 } view
        && Nodes.All(n => !view.IsUp(n.Name) || (n is { IsUp: true, IsDiskFailing: false } && HasTaken(n, view)))
        && view.Slots.All(s => !s.Chain.Contains(node.Name) || (s.Chain.Length > 1 && s.Chain.All(view.IsUp)));

    /// <summary>The view speaks of this very process, which has it: one that was started anew since has yet to catch up.</summary>
    private static bool HasTaken(SimulatedNode node, View view) =>
        Invariants.IsCountedOn(node, view) && node.Core!.CurrentView.Epoch == view.Epoch.Packed;

    /// <summary>It was removed for good, or it left just when it was to stay after all: it holds something, and so cannot join.</summary>
    private static bool IsLeftOut(SimulatedNode node, View view) =>
        view.Removed.Contains(node.Name) || (!view.Members.ContainsKey(node.Name) && node.Core?.Describe().Blank == false);

    private string Describe() => Serving() is { } view
        ? $"view {view.Epoch}; {string.Join(", ", view.Members.Values.Select(m => $"{m.Name} {m.State} {m.DownSince}"))}; "
            + $"{view.Slots.Sum(s => s.Filling.Length)} to fill, {ViewPlanner.OutOfOrder(view).Count()} out of order; nodes "
            + string.Join(", ", Nodes.Select(n => $"{n.Name} up {n.IsUp} at {n.Core?.CurrentView.Epoch:x} {n.Core?.Fault}"))
        : "nobody serves";

    private bool IsOrderly() => IsWhole() && ServingView()!.OutOfOrder.IsEmpty;

    /// <summary>The view of the coordinator that holds the lease; null if none does.</summary>
    public View? Serving() => ServingView()?.View;

    private ServingView? ServingView() =>
        Balancers.Where(b => b.IsUp && b.Coordinator is { HoldsLease: true }).Select(b => b.Coordinator!.Serving).FirstOrDefault(v => v is not null);
}
