namespace KvAspire.Balancer.Coordination;

internal enum CoordinatorPhase
{
    /// <summary>Looking for a start quorum.</summary>
    Starting,

    /// <summary>Another balancer holds the lease.</summary>
    Standby,

    /// <summary>Serving, or between two views: requests wait for a moment.</summary>
    Serving,
}

/// <summary>What the coordinator is at, in words.</summary>
/// <param name="Phase">The phase.</param>
/// <param name="Detail">One sentence for a person.</param>
/// <param name="WaitingFor">Nodes that it waits for.</param>
internal sealed record CoordinatorState(CoordinatorPhase Phase, string Detail, IReadOnlyList<string> WaitingFor);
