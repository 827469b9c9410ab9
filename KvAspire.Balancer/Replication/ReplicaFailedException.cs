using KvAspire.Balancer.Coordination;

namespace KvAspire.Balancer.Replication;

/// <summary>A replica did not do its part: it is out of reach, obeys another view, or its storage failed.</summary>
internal sealed class ReplicaFailedException(ReplicaLink link) : Exception($"{link.Node} did not do its part.")
{
    public ReplicaLink Link { get; } = link;
}
