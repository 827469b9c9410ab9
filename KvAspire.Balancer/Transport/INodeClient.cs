using KvAspire.Balancer.Cluster;
using KvAspire.Protocol;

namespace KvAspire.Balancer.Transport;

/// <summary>The calls that the balancer makes to one node. Every failure to reach it is a <see cref="NodeUnreachableException"/>.</summary>
internal interface INodeClient
{
    string Name { get; }

    /// <summary>Where the node is reached; null if that is not known.</summary>
    string? Address { get; }

    Task<DescribeReply> DescribeAsync(TimeSpan timeout, CancellationToken cancellationToken);

    Task<ClaimReply> ClaimAsync(ClaimRequest request, TimeSpan timeout, CancellationToken cancellationToken);

    Task SyncAsync(TimeSpan timeout, CancellationToken cancellationToken);

    Task<InstallReply> InstallAsync(InstallRequest request, TimeSpan timeout, CancellationToken cancellationToken);

    Task<HeartbeatReply> HeartbeatAsync(HeartbeatRequest request, TimeSpan timeout, CancellationToken cancellationToken);

    Task ReleaseLeaseAsync(ReleaseLeaseRequest request, TimeSpan timeout, CancellationToken cancellationToken);

    IAsyncEnumerable<CopyProgress> CopySlotsAsync(CopySlotsRequest request, CancellationToken cancellationToken);

    /// <summary>Opens the data path to one incarnation of the node. Does not fail: a channel that cannot connect breaks.</summary>
    IReplicaChannel OpenChannel(Cluster.Incarnation target);
}

/// <summary>The data path to one incarnation of a node: once broken, it stays so.</summary>
internal interface IReplicaChannel : IAsyncDisposable
{
    bool IsBroken { get; }

    /// <summary>Sends one operation and waits for its result. Sets the operation's id.</summary>
    /// <exception cref="NodeUnreachableException">The outcome is unknown, unless the exception says it was not sent.</exception>
    /// <exception cref="QueueFullException">Not sent: too much is waiting.</exception>
    Task<Result> SendAsync(Epoch epoch, Operation operation);
}

/// <summary>The node did not answer, or the answer did not arrive.</summary>
internal sealed class NodeUnreachableException(string node, string message, Exception? inner = null)
    : Exception($"{node}: {message}", inner)
{
    public string Node { get; } = node;

    /// <summary>Nobody listens there: the process is gone, not merely slow.</summary>
    public bool IsGone { get; init; }
}

/// <summary>The queue to a node is full.</summary>
internal sealed class QueueFullException(string node) : Exception($"The queue to {node} is full.");
