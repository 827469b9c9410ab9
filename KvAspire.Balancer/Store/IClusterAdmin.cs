namespace KvAspire.Balancer.Store;

/// <summary>Changes of the membership. Each is in a committed view, and so outlives this balancer, when its call returns; unless it says otherwise.</summary>
internal interface IClusterAdmin
{
    /// <summary>
    /// Lets a node join, or keeps one that was to leave. It joins as soon as it answers, and is then filled with its slots. One that does
    /// not answer yet is awaited as long as this balancer coordinates.
    /// </summary>
    /// <param name="name">Its name.</param>
    /// <param name="address">Where it listens for the balancer; null if service discovery knows.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="StoreUnavailableException">This balancer does not coordinate the cluster now.</exception>
    Task<AdminOutcome> AddAsync(string name, string? address, CancellationToken cancellationToken);

    /// <summary>Has a node give its slots away and then leave for good; or stops awaiting one that was added and never answered.</summary>
    /// <exception cref="StoreUnavailableException">This balancer does not coordinate the cluster now.</exception>
    Task<AdminOutcome> RemoveAsync(string name, CancellationToken cancellationToken);

    /// <summary>Gives up on a node that is gone for good, and on whatever only it held.</summary>
    Task<AdminOutcome> ForgetAsync(string name, CancellationToken cancellationToken);
}

internal enum AdminStatus
{
    /// <summary>Under way; <c>GET /cluster</c> shows how far.</summary>
    Accepted,

    /// <summary>No such node.</summary>
    Unknown,

    /// <summary>Not possible as things stand.</summary>
    Conflict,
}

/// <param name="Status">What became of the wish.</param>
/// <param name="Detail">One sentence for the operator.</param>
internal sealed record AdminOutcome(AdminStatus Status, string Detail);
