using System.Collections.Frozen;
using System.Collections.Immutable;
using KvAspire.Balancer.Cluster;
using KvAspire.Balancer.Transport;

namespace KvAspire.Balancer.Coordination;

/// <summary>The data path to one node: reads do not wait behind writes.</summary>
internal sealed record ReplicaLink(string Node, Incarnation Incarnation, IReplicaChannel Reads, IReplicaChannel Writes)
{
    public bool IsBroken => Reads.IsBroken || Writes.IsBroken;
}

/// <summary>The replicas of one slot, as operations need them.</summary>
/// <param name="Primary">Answers reads; null if the slot is not served.</param>
/// <param name="FarEnd">Decides conditions and takes writes first; the same as the primary in a chain of one.</param>
/// <param name="Between">The rest of the chain but for the far end, in the order of writing: the primary last.</param>
/// <param name="Filling">Replicas that take all writes and are not in sync yet.</param>
/// <param name="InSync">Length of the chain.</param>
internal sealed record SlotRoute(
    ReplicaLink? Primary, ReplicaLink? FarEnd, ReplicaLink[] Between, ReplicaLink[] Filling, int InSync);

/// <summary>
/// A committed view together with open channels to its nodes. Immutable; the coordinator replaces it as a whole, and
/// <see cref="Superseded"/> tells those who wait.
/// </summary>
internal sealed class ServingView
{
    private readonly TaskCompletionSource _superseded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SlotRoute?[] _routes;
    private readonly Lazy<ImmutableArray<int>> _outOfOrder;

    public ServingView(View view, FrozenDictionary<string, ReplicaLink> links)
    {
        Superseded = _superseded.Task.InContext();
        View = view;
        _routes = new SlotRoute?[view.Slots.Length];
        Links = links;
        _outOfOrder = new Lazy<ImmutableArray<int>>(() => [.. ViewPlanner.OutOfOrder(view)]);
    }

    public View View { get; }

    public Epoch Epoch => View.Epoch;

    public FrozenDictionary<string, ReplicaLink> Links { get; }

    /// <summary>See <see cref="ViewPlanner.OutOfOrder"/>.</summary>
    public ImmutableArray<int> OutOfOrder => _outOfOrder.Value;

    /// <summary>Completes when another view is served, or none.</summary>
    public Task Superseded { get; }

    /// <summary>Made when it is asked for first; if two ask at once, either will do.</summary>
    public SlotRoute RouteOf(int slot) => _routes[slot] ??= RouteOf(View, slot, Links);

    public void MarkSuperseded() => _superseded.TrySetResult();

    private static SlotRoute RouteOf(View view, int slot, FrozenDictionary<string, ReplicaLink> links)
    {
        var placed = view.Slots[slot];
        if (!view.IsServed(slot))
        {
            return new SlotRoute(null, null, [], [], 0);
        }

        var chain = placed.Chain.Select(n => links[n]).ToArray();
        return new SlotRoute(
            chain[0],
            chain[^1],
            [.. chain[..^1].Reverse()],
            [.. placed.Filling.Select(f => links[f.Node])],
            chain.Length);
    }
}
