namespace KvAspire.Node.Replication;

/// <summary>
/// The node's rules of the protocol, each of which can be switched off, so that a test can show what it is for: with a
/// rule broken the simulation must find a wrong answer. Nothing but a test's constructor call can reach these.
/// </summary>
/// <remarks>The balancer's rules are in its own <c>ProtocolRules</c>. docs/design.md explains the protocol.</remarks>
internal sealed class ReplicaRules
{
    /// <summary>All rules hold: what every real node goes by.</summary>
    public static ReplicaRules All { get; } = new();

    /// <summary>An operation of another epoch than the node's view's is refused: a deposed coordinator changes and shows nothing (Vertical Paxos).</summary>
    public bool FenceEpochs { get; init; } = true;

    /// <summary>What is meant for another incarnation of the node is refused: that one knew other things (Birrell and Nelson's call identifiers).</summary>
    public bool FenceIncarnations { get; init; } = true;

    /// <summary>A view that names another incarnation gives this one no role: after a power cut it may hold less than the view counts on.</summary>
    public bool HaveRoleByIncarnation { get; init; } = true;

    /// <summary>A term is promised to one coordinator, and no lower term or view is obeyed any more (Raft).</summary>
    public bool KeepPromises { get; init; } = true;

    /// <summary>No promise while somebody else's lease runs: its holder may be answering reads (Gray and Cheriton).</summary>
    public bool GuardLease { get; init; } = true;

    /// <summary>No promise for one lease length after a start: the former self may have given a lease (Gray and Cheriton).</summary>
    public bool GuardForgottenLease { get; init; } = true;

    /// <summary>A promise is on the medium before it is given, so that a power cut does not take it back (Raft's stable storage).</summary>
    public bool SyncPromises { get; init; } = true;

    /// <summary>A view, and all that was acknowledged before it, is on the medium before it counts as installed.</summary>
    public bool SyncViews { get; init; } = true;

    /// <summary>Only the primary answers reads: what others hold may still be lost (chain replication, mirrored).</summary>
    public bool ReadAtPrimaryOnly { get; init; } = true;

    /// <summary>Only the far end judges a condition: nobody else has everything that can come to light.</summary>
    public bool JudgeAtFarEndOnly { get; init; } = true;

    /// <summary>An entry is replaced by one of a higher version only: what arrives twice or late changes nothing (Thomas's write rule).</summary>
    public bool TakeHigherVersionsOnly { get; init; } = true;

    /// <summary>A node that holds this very version says that its condition passed: asking again is harmless (exactly once).</summary>
    public bool KnowOwnVersion { get; init; } = true;

    /// <summary>A value below the floor is refused: it is repeated from a stream that was given up, and the tombstone that would outdo it may be gone.</summary>
    public bool RefuseBelowFloor { get; init; } = true;

    /// <summary>An expired value is swept only when late tries of writes that were judged while it was there are refused.</summary>
    public bool SweepExpiredLate { get; init; } = true;

    /// <summary>What a replica takes to be level with its neighbour it takes under the view for which that was asked.</summary>
    public bool LevelUnderOneView { get; init; } = true;

    /// <summary>A replica that catches up first drops what was possibly never acknowledged (Raft, Kafka: truncation of the suffix).</summary>
    public bool Truncate { get; init; } = true;

    /// <summary>What was dropped is noted and asked for: there was possibly an older, acknowledged entry in its place.</summary>
    public bool AskForDroppedKeys { get; init; } = true;

    /// <summary>Nothing is destroyed on account of a view that may never have been committed: this node may be a last holder.</summary>
    public bool DestroyWhenCommitted { get; init; } = true;
}
