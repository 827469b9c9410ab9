using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace KvAspire.Balancer.Cluster;

/// <summary>One life of a node: the id of its data directory, and a number for each start on it.</summary>
internal readonly record struct Incarnation(string Store, ulong Start)
{
    public static Incarnation None { get; } = new("", 0);
}

internal enum MemberState
{
    /// <summary>Counted on.</summary>
    Active,

    /// <summary>Gone; keeps its place for a while.</summary>
    Down,

    /// <summary>New: not in sync for any slot yet.</summary>
    Joining,

    /// <summary>To be removed for good: gives its slots away.</summary>
    Leaving,
}

/// <summary>A node in a view.</summary>
/// <param name="Name">Unique in the cluster.</param>
/// <param name="Address">Where the other nodes reach it.</param>
/// <param name="Incarnation">The life that the view counts on; of a node that is down, the last one it counted on.</param>
/// <param name="State">What the view makes of it.</param>
/// <param name="DownSince">Unix milliseconds by the coordinator's clock; 0 while it answers.</param>
/// <param name="StoreSince">
/// The view that took the present store in. What that remembers of times before does not count: if it has been a member's before, the cluster has
/// gone on with another one meanwhile, and deleted keys may be forgotten everywhere else.
/// </param>
internal sealed record Member(
    string Name, string Address, Incarnation Incarnation, MemberState State, long DownSince = 0, Epoch StoreSince = default)
{
    /// <summary>It is counted on. A node that is leaving may be down as well, and still leaves.</summary>
    public bool IsUp => State != MemberState.Down && DownSince == 0;
}

/// <summary>A replica that is being filled.</summary>
/// <param name="Node">Its name.</param>
/// <param name="Joined">The view that put it on the list, or told it to begin again.</param>
internal readonly record struct CatchingUp(string Node, Epoch Joined);

/// <summary>One that was in sync for a slot.</summary>
/// <param name="Node">Its name.</param>
/// <param name="Start">The start as which it was.</param>
internal readonly record struct FormerHolder(string Node, ulong Start);

/// <summary>Who holds a slot.</summary>
/// <param name="Chain">In-sync replicas, primary first. If one of them is not up: the last holders, and the slot is not served.</param>
/// <param name="Filling">Replicas that take all new writes and are not in sync yet.</param>
/// <param name="Reset">
/// The view in which a replica became the whole chain that may lack what others have. What nodes were told before of how far they have everything
/// in common does not hold for the slot any more: they are filled from the beginning.
/// </param>
internal sealed record SlotPlacement(ImmutableArray<string> Chain, ImmutableArray<CatchingUp> Filling, Epoch Reset = default)
{
    public static SlotPlacement Empty { get; } = new([], []);

    /// <summary>
    /// Of a slot that waits for its last holders, the start as which each of <see cref="Chain"/> was last in sync for it: those that are back have
    /// another one, and in other slots they may be in sync as that. Empty if the slot is served.
    /// </summary>
    public ImmutableArray<ulong> HeldAs { get; init; } = [];

    /// <summary>
    /// Those that the parent's chain names and this one does not. If the view turns out never to have been committed, they are holders as much as
    /// those that it names. A slot that waits keeps them for as long as that may turn out.
    /// </summary>
    public ImmutableArray<FormerHolder> Dropped { get; init; } = [];

    /// <summary>The view that left them out; default if there are none.</summary>
    public Epoch DroppedBy { get; init; }

    public bool Equals(SlotPlacement? other) =>
        ReferenceEquals(this, other)
        || (SaysTheSameAs(other) && DroppedBy == other.DroppedBy && Dropped.AsSpan().SequenceEqual(other.Dropped.AsSpan()));

    /// <summary>The two say the same of who holds the slot, but for who held it under the parent.</summary>
    public bool SaysTheSameAs([NotNullWhen(true)] SlotPlacement? other) =>
        ReferenceEquals(this, other)
        || (other is not null
            && Reset == other.Reset
            && Chain.AsSpan().SequenceEqual(other.Chain.AsSpan())
            && Filling.AsSpan().SequenceEqual(other.Filling.AsSpan())
            && HeldAs.AsSpan().SequenceEqual(other.HeldAs.AsSpan()));

    public override int GetHashCode() => Chain.Length == 0 ? 0 : HashCode.Combine(Chain[0], Chain[^1], Filling.Length);

    public bool IsFilling(string node) => Filling.Any(f => f.Node == node);
}

/// <summary>
/// The whole truth about the cluster at one epoch: who is a member, and who holds each slot. Immutable.
/// </summary>
/// <param name="Epoch">Its name.</param>
/// <param name="Coordinator">Id of the balancer process that made it.</param>
/// <param name="Cluster">Id of the cluster, the same in all its views.</param>
/// <param name="Members">By name.</param>
/// <param name="Slots">Always as many as at the beginning: <see cref="SlotCount"/>.</param>
/// <param name="ParentInSync">
/// The in-sync nodes of the view that this one follows; the change quorum is among them. A node that has another store since, or is no member of this
/// view, stands there as <c>name~store</c>: only with that store does it know what it promised.
/// </param>
/// <param name="ReplicationFactor">Copies wanted of each slot.</param>
/// <param name="Removed">Names removed for good.</param>
internal sealed record View(
    Epoch Epoch,
    string Coordinator,
    string Cluster,
    ImmutableSortedDictionary<string, Member> Members,
    ImmutableArray<SlotPlacement> Slots,
    ImmutableArray<string> ParentInSync,
    int ReplicationFactor,
    ImmutableSortedSet<string> Removed)
{
    /// <summary>Fixed for the life of a store. See <see cref="ClusterOptions.SlotCount"/>.</summary>
    public const int SlotCount = 1024;

    /// <summary>
    /// The in-sync nodes of each view that was proposed after the same parent before this one, and abandoned; written as <see cref="ParentInSync"/>. Some
    /// nodes may have it, and a coordinator could start from it: this view is committed only with a change quorum of each. If the parent was a proposal itself,
    /// those that it followed may be among them (<see cref="ViewPlanner"/>).
    /// </summary>
    public ImmutableArray<ImmutableArray<string>> Abandoned { get; init; } = [];

    /// <summary>
    /// If the parent may never have been committed: the in-sync nodes of its own parent, and of those before it up to one that was, written as
    /// <see cref="ParentInSync"/>. One of these views may be in force: this one is committed only with a change quorum of each, and started from,
    /// while it may not be committed itself, with a start quorum of each.
    /// </summary>
    public ImmutableArray<ImmutableArray<string>> Undecided { get; init; } = [];

    private readonly string[] _notUp = [.. Members.Values.Where(m => !m.IsUp).Select(m => m.Name)];

    /// <summary>Members that are on at least one chain and not down: the ones whose word counts in quorums.</summary>
    public ImmutableSortedSet<string> InSync { get; } =
        Holding(Slots).Where(n => Members[n].IsUp).ToImmutableSortedSet(StringComparer.Ordinal);

    /// <summary>Some slot has a replica that is being filled.</summary>
    public bool IsFilling { get; } = Slots.Any(s => !s.Filling.IsEmpty);

    /// <summary>Members that are not down. A view is committed only when all of them have it.</summary>
    public IEnumerable<Member> Up => Members.Values.Where(m => m.IsUp);

    public bool IsUp(string node) => Members.TryGetValue(node, out var member) && member.IsUp;

    /// <summary>All replicas that the chain names are up: the slot can be read and written.</summary>
    public bool IsServed(int slot)
    {
        var chain = Slots[slot].Chain;
        foreach (var node in _notUp)
        {
            if (chain.Contains(node))
            {
                return false;
            }
        }

        return chain.Length > 0;
    }

    /// <summary>An entry of <see cref="ParentInSync"/> for a node with this very store.</summary>
    public static string Voter(string node, string store) => $"{node}~{store}";

    /// <summary>The name in an entry of <see cref="ParentInSync"/>: what stands before the store, if that is named.</summary>
    public static string NameOf(string voter) => voter.IndexOf('~', StringComparison.Ordinal) is >= 0 and var end ? voter[..end] : voter;

    /// <summary>The node, or a former store of it, may have a say in whether the view was committed.</summary>
    public bool IsVoter(string node) => Undecided.Concat(Abandoned).Prepend(ParentInSync).Any(v => v.Any(voter => NameOf(voter) == node));

    /// <summary>The nodes that are on at least one chain.</summary>
    public static HashSet<string> Holding(ImmutableArray<SlotPlacement> slots)
    {
        var holding = new HashSet<string>(StringComparer.Ordinal);
        foreach (var slot in slots)
        {
            foreach (var node in slot.Chain)
            {
                holding.Add(node);
            }
        }

        return holding;
    }

    /// <summary>The two views say the same, but for their names.</summary>
    public bool SaysTheSameAs(View other) =>
        ReplicationFactor == other.ReplicationFactor
        && Members.Values.SequenceEqual(other.Members.Values)
        && Removed.SetEquals(other.Removed)
        && Slots.Length == other.Slots.Length
        && Slots.Zip(other.Slots).All(s => s.First.SaysTheSameAs(s.Second));
}
