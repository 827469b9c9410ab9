using KvAspire.Balancer.Cluster;
using KvAspire.Node.Replication;

namespace KvAspire.Tests.Simulation;

/// <summary>The rules that the simulated cluster goes by: all of them, unless a run is to show what one is for.</summary>
internal sealed record SimulatedRules
{
    public ReplicaRules Node { get; init; } = ReplicaRules.All;

    public ProtocolRules Balancer { get; init; } = ProtocolRules.All;
}
