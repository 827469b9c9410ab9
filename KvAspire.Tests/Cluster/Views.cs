using System.Collections.Immutable;
using KvAspire.Balancer.Cluster;

namespace KvAspire.Tests.Cluster;

/// <summary>Short ways to make views and the input of a plan.</summary>
internal static class Views
{
    public const string Coordinator = "balancer1";

    public static Seen Live(string name, ulong start = 1, string? store = null, ulong wholeSince = 0) =>
        new(name, new Incarnation(store ?? $"store-{name}", start), $"http://{name}", WholeSince: wholeSince);

    public static Seen[] Nodes(params string[] names) => [.. names.Select(n => Live(n))];

    /// <summary>The first view of a cluster of these nodes, epoch 1.1.</summary>
    public static View Begin(int replicationFactor, params string[] names) =>
        ViewPlanner.Begin(new Epoch(1, 1), Coordinator, "cluster1", Nodes(names), replicationFactor, View.SlotCount);

    /// <summary>What the next view of the same term depends on, with these nodes alive.</summary>
    public static PlanInput After(View parent, params Seen[] alive) => new()
    {
        Parent = parent,
        Epoch = parent.Epoch.Next,
        Coordinator = Coordinator,
        Alive = alive.ToDictionary(n => n.Name, StringComparer.Ordinal),
        Now = 1_000_000,
    };

    /// <summary>A slot for which the nodes rank in this order.</summary>
    public static int SlotRanked(params string[] order) => SlotsRanked(order).First();

    public static IEnumerable<int> SlotsRanked(params string[] order) =>
        Enumerable.Range(0, View.SlotCount).Where(slot => Rendezvous.Rank(slot, order).SequenceEqual(order));

    public static View WithSlot(this View view, int slot, string[] chain, params CatchingUp[] filling) =>
        view.With(slots: view.Slots.SetItem(slot, new SlotPlacement([.. chain], [.. filling])));

    public static View WithMember(this View view, string name, MemberState state, long downSince = 0) =>
        view.With(members: view.Members.SetItem(name, view.Members[name] with { State = state, DownSince = downSince }));

    /// <summary>Made anew rather than copied, so that what a view derives from its parts is right.</summary>
    public static View With(
        this View view,
        ImmutableSortedDictionary<string, Member>? members = null,
        ImmutableArray<SlotPlacement>? slots = null,
        ImmutableArray<string>? parentInSync = null,
        Epoch? epoch = null,
        string? cluster = null,
        ImmutableSortedSet<string>? removed = null) => new(
            epoch ?? view.Epoch,
            view.Coordinator,
            cluster ?? view.Cluster,
            members ?? view.Members,
            slots ?? view.Slots,
            parentInSync ?? view.ParentInSync,
            view.ReplicationFactor,
            removed ?? view.Removed);

    public static string[] ChainOf(this View view, int slot) => [.. view.Slots[slot].Chain];

    public static CatchingUp[] CatchingUpOf(this View view, int slot) => [.. view.Slots[slot].Filling];

    public static string[] FillingOf(this View view, int slot) => [.. view.Slots[slot].Filling.Select(f => f.Node)];
}
