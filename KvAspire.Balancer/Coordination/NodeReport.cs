using KvAspire.Balancer.Cluster;
using KvAspire.Balancer.Store;
using KvAspire.Protocol;

namespace KvAspire.Balancer.Coordination;

/// <summary>What was last heard of a node. Immutable; its monitor replaces it as a whole.</summary>
internal sealed record NodeReport
{
    public static NodeReport Nothing { get; } = new();

    /// <summary>Null if the node does not answer.</summary>
    public Seen? Seen { get; init; }

    /// <summary>Why the node serves no data; empty if it does.</summary>
    public string Fault { get; init; } = "";

    /// <summary>Why the node does not answer; empty if it does.</summary>
    public string Problem { get; init; } = "";

    /// <summary>The cluster that the node's data belong to; empty for an empty store.</summary>
    public string Cluster { get; init; } = "";

    public NodeStatistics? Statistics { get; init; }

    /// <summary>The last lease it granted to this coordinator.</summary>
    public LeaseGrant Grant { get; init; }

    /// <summary>The last sync point that a power cut would leave it for all its slots, and the view under which it was told.</summary>
    public (Epoch Epoch, EntryVersion SyncPoint) Synced { get; init; }

    /// <summary>It answers and serves data.</summary>
    public bool IsAlive => Seen is not null && Fault.Length == 0;

    /// <summary>Something that the next view may depend on is different.</summary>
    public bool DiffersFor(NodeReport other) => IsAlive != other.IsAlive || Seen?.Incarnation != other.Seen?.Incarnation || Seen?.IsBlank != other.Seen?.IsBlank;
}
