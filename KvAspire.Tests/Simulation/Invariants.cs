extern alias node;

using System.Text;
using KvAspire.Balancer.Cluster;
using KvAspire.Balancer.Coordination;
using KvAspire.Node.Storage;
using Promise = node::KvAspire.Node.Replication.Records.PromiseRecord;

namespace KvAspire.Tests.Simulation;

/// <summary>
/// What must hold at every moment of a run, seen from above: the invariants of docs/design.md that speak of the nodes' stores and
/// of who serves, and not only of what clients are told.
/// </summary>
/// <remarks>Looked at whenever a balancer serves another view, or none, and every few steps.</remarks>
internal sealed class Invariants(Simulation simulation, Histories histories, int slots)
{
    private readonly List<Key> _keys = [.. histories.Keys.Select(k => new Key(k, slots))];
    private readonly Dictionary<string, Known> _known = [];
    private readonly View?[] _served = new View?[simulation.Balancers.Count];
    private View? _lookedAt;

    /// <summary>A balancer serves another view than at the last call, or none. Cheap enough for each step.</summary>
    public bool HasServingChanged()
    {
        var hasChanged = false;
        for (var i = 0; i < _served.Length; i++)
        {
            var balancer = simulation.Balancers[i];
            var view = balancer.IsUp ? balancer.Coordinator?.Serving?.View : null;
            hasChanged |= !ReferenceEquals(view, _served[i]);
            _served[i] = view;
        }

        return hasChanged;
    }

    /// <summary>The first rule that is broken; null if all hold.</summary>
    public string? FindViolation()
    {
        var serving = simulation.Balancers.Where(IsServing).ToList();
        if (serving.Count > 1)
        {
            return $"{serving[0].Name} and {serving[1].Name} both hold a lease and serve";
        }

        var broken = simulation.Nodes.Select(WentBack).FirstOrDefault(b => b is not null);
        return broken ?? (serving is [{ Coordinator: { Serving.View: { } view } by }] ? Look(view, by) : null);
    }

    /// <summary>A coordinator tells a client what it read. What it began before a pause it may well tell after it.</summary>
    public string? FindViolationAtRead(SimulatedBalancer by)
    {
        var isOld = by.Process!.ResumedAt == simulation.Scheduler.Now;
        return !isOld && !IsServing(by) && simulation.Balancers.Find(b => b != by && IsServing(b)) is { } other
            ? $"{by.Name} answers a read while {other.Name} serves"
            : null;
    }

    private static bool IsServing(SimulatedBalancer balancer) =>
        balancer is { IsUp: true, Coordinator: { HoldsLease: true, Serving: not null } };

    /// <summary>Promises and views of a store never go back, whatever becomes of the processes on it.</summary>
    private string? WentBack(SimulatedNode node)
    {
        var before = _known.GetValueOrDefault(node.Store);
        if (!node.IsUp || node.Core is not { } core || core.Identity.Incarnation.Store != node.Store)
        {
            return null;
        }

        var promise = node.Disk.GetMetadata("promise") is { } saved ? Promise.Parser.ParseFrom(saved) : new Promise();
        var now = _known[node.Store] = new Known(promise.Term, promise.Coordinator, core.CurrentView.Epoch);
        return now.Term < before.Term ? $"{node.Name} promised term {before.Term}, and then term {now.Term}"
            : now.Term == before.Term && before.To is { Length: > 0 } && now.To != before.To ? $"{node.Name} promised term {now.Term} to two coordinators"
            : now.Epoch < before.Epoch ? $"{node.Name} went back from view {Epoch.Unpack(before.Epoch)} to {Epoch.Unpack(now.Epoch)}"
            : null;
    }

    /// <summary>The view in force.</summary>
    private string? Look(View view, Coordinator by)
    {
        if (_lookedAt != view)
        {
            _lookedAt = view;
            for (var slot = 0; slot < view.Slots.Length; slot++)
            {
                var placed = view.Slots[slot];
                if (placed.Chain.Length + placed.Filling.Length > 1
                    && placed.Chain.Concat(placed.Filling.Select(f => f.Node)).GroupBy(n => n).Any(g => g.Count() > 1))
                {
                    return $"view {view.Epoch} has two copies of slot {slot} on one node";
                }
            }
        }

        foreach (var node in simulation.Nodes)
        {
            if (IsCountedOn(node, view) && node.Core!.CurrentView.Epoch < view.Epoch.Packed)
            {
                return $"view {view.Epoch} is served, and {node.Name}, which is up in it, does not have it";
            }
        }

        return _keys.Select(k => LookAt(k, view) ?? Differ(k, view, by)).FirstOrDefault(b => b is not null);
    }

    /// <summary>
    /// What was acknowledged is on every in-sync replica that is up, or something later; and each holds at least what those
    /// nearer to the primary hold.
    /// </summary>
    private string? LookAt(Key key, View view)
    {
        if (!view.IsServed(key.Slot))
        {
            // Who waits for another last holder is in sync for nothing.
            return null;
        }

        var acknowledged = histories.Acknowledged(key.Name);
        (string Node, EntryVersion Version)? nearer = null;
        foreach (var name in view.Slots[key.Slot].Chain)
        {
            if (simulation.Nodes.Find(n => n.Name == name) is not { } node || !IsCountedOn(node, view))
            {
                continue;
            }

            var found = node.Disk.TryGet(key.Slot, key.Bytes, out var entry);
            var version = found ? entry.Version : default;
            if (version < acknowledged && (found || !histories.MayHaveGone(key.Name, acknowledged)))
            {
                return $"{name} is in sync for {key.Name} in view {view.Epoch} and has {(found ? version : "nothing")}, older than what was acknowledged: {acknowledged}";
            }

            if (nearer is { } near && near.Version > version && (found || !histories.MayHaveGone(key.Name, near.Version)))
            {
                return $"{near.Node} has version {near.Version} of {key.Name}, and {name}, farther from the primary in view {view.Epoch}, only {version}";
            }

            nearer = (name, version);
        }

        return null;
    }

    /// <summary>All replicas of a level chain hold the same value, but for what is in hand; what is dead, one of them may have no more.</summary>
    private string? Differ(Key key, View view, Coordinator by)
    {
        if (!view.IsServed(key.Slot) || by.Filler.IsLevel(key.Slot) != true || by.Lines is not { } lines || lines.IsBusy(key.Slot, key.Bytes))
        {
            return null;
        }

        (string Node, StoredEntry? Entry)? other = null;
        foreach (var name in view.Slots[key.Slot].Chain)
        {
            if (simulation.Nodes.Find(n => n.Name == name) is not { } node || !IsCountedOn(node, view))
            {
                continue;
            }

            StoredEntry? held = node.Disk.TryGet(key.Slot, key.Bytes, out var entry) && Histories.StaysForGood(entry) ? entry : null;
            if (other is { } known && !IsSame(known.Entry, held))
            {
                return $"the chain of {key.Name} is level in view {view.Epoch}, and {known.Node} has {Describe(known.Entry)}, {name} {Describe(held)}";
            }

            other = (name, held);
        }

        return null;

        static bool IsSame(StoredEntry? one, StoredEntry? another) =>
            one?.Version == another?.Version && (one is null || one.Value.Value.Span.SequenceEqual(another!.Value.Value.Span));

        static string Describe(StoredEntry? entry) => entry is { } value ? $"{value.Version}" : "no value that stays";
    }

    /// <summary>The node runs, and it is this very process that is up in the view.</summary>
    public static bool IsCountedOn(SimulatedNode node, View view) =>
        node is { IsUp: true, Core: { } core }
        && view.Members.TryGetValue(node.Name, out var member)
        && member.IsUp
        && core.Identity.Incarnation.Store == member.Incarnation.Store
        && core.Identity.Incarnation.Start == member.Incarnation.Start;

    private readonly record struct Known(uint Term, string? To, ulong Epoch);

    private sealed class Key(string name, int slots)
    {
        public string Name => name;

        public byte[] Bytes { get; } = Encoding.UTF8.GetBytes(name);

        public int Slot { get; } = Rendezvous.SlotOf(Encoding.UTF8.GetBytes(name), slots);
    }
}
