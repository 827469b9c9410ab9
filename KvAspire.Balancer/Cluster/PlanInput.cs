using System.Collections.Immutable;

namespace KvAspire.Balancer.Cluster;

/// <summary>A node that answers, as it was seen last.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Incarnation">Its data directory and this start of it.</param>
/// <param name="Address">Where it listens.</param>
/// <param name="IsBlank">It holds no entry: nothing would be left on its disk if it went.</param>
/// <param name="WholeSince">The first start since which no power cut can have taken anything that it had acknowledged; 0 if none ever did.</param>
/// <param name="View">The name of the view that it has; default if it has none.</param>
internal sealed record Seen(string Name, Incarnation Incarnation, string Address, bool IsBlank = false, ulong WholeSince = 0, Epoch View = default);

/// <summary>Everything that the next view depends on.</summary>
internal sealed record PlanInput
{
    public required View Parent { get; init; }

    /// <summary>The new view's name. Of another term than the parent if the coordinator is only starting.</summary>
    public required Epoch Epoch { get; init; }

    public required string Coordinator { get; init; }

    /// <summary>False if a starting coordinator cannot tell whether the parent was ever committed.</summary>
    public bool IsParentCommitted { get; init; } = true;

    /// <summary>A starting coordinator knows that the parent was never committed, and never will be: a node that it counts on does not have it.</summary>
    public bool IsParentRefuted { get; init; }

    /// <summary>Nodes that answer and serve, by name. Members that are missing here are down.</summary>
    public required IReadOnlyDictionary<string, Seen> Alive { get; init; }

    /// <summary>Views of this term that were proposed after the parent and not committed.</summary>
    public IReadOnlyList<View> Abandoned { get; init; } = [];

    /// <summary>Replicas whose copy is complete, with no operation in hand for their slots.</summary>
    public IReadOnlySet<(int Slot, string Node)> Copied { get; init; } = ImmutableHashSet<(int, string)>.Empty;

    /// <summary>Slots whose chain is level, with no operation in hand: their order may change.</summary>
    public IReadOnlySet<int> Level { get; init; } = ImmutableHashSet<int>.Empty;

    /// <summary>Nodes to take in.</summary>
    public IReadOnlySet<string> Joining { get; init; } = ImmutableHashSet<string>.Empty;

    /// <summary>Members to be drained and then removed for good.</summary>
    public IReadOnlySet<string> Leaving { get; init; } = ImmutableHashSet<string>.Empty;

    /// <summary>Members that were to leave and shall not.</summary>
    public IReadOnlySet<string> Staying { get; init; } = ImmutableHashSet<string>.Empty;

    /// <summary>Names that had been removed for good and may join again.</summary>
    public IReadOnlySet<string> Readmitted { get; init; } = ImmutableHashSet<string>.Empty;

    /// <summary>Nodes that are gone for good, whatever they held.</summary>
    public IReadOnlySet<string> Forgotten { get; init; } = ImmutableHashSet<string>.Empty;

    /// <summary>
    /// Those may have had later views than the parent: what other nodes remember of such views does not count.
    /// </summary>
    public bool MayLackViews { get; init; }

    /// <summary>The coordinator's clock, Unix milliseconds.</summary>
    public required long Now { get; init; }

    public ProtocolRules Rules { get; init; } = ProtocolRules.All;

    /// <summary>After this long a node that is down loses its place, and its slots get another copy.</summary>
    public TimeSpan RehomeAfter { get; init; } = TimeSpan.MaxValue;

    /// <summary>
    /// Nothing is different from <paramref name="other"/> that the next view depends on, given that <paramref name="other"/> led to a view
    /// that says the same as the parent. Copies and levelling are not compared.
    /// </summary>
    public bool AsksTheSameAs(PlanInput other) =>
        ReferenceEquals(Parent, other.Parent)
        && Alive.Count == other.Alive.Count
        && Alive.Values.All(s => other.Alive.TryGetValue(s.Name, out var seen) && seen == s with { View = seen.View })
        && Joining.SetEquals(other.Joining)
        && Leaving.SetEquals(other.Leaving)
        && Staying.SetEquals(other.Staying)
        && Readmitted.SetEquals(other.Readmitted)
        && Forgotten.SetEquals(other.Forgotten)
        && RehomeAfter == other.RehomeAfter
        && Parent.Members.Values.All(m => ViewPlanner.HasPlace(m, this) == ViewPlanner.HasPlace(m, other));
}
