namespace KvAspire.Balancer.Cluster;

/// <summary>
/// The coordinator's rules of the protocol, each of which can be switched off, so that a test can show what it is for: with
/// a rule broken the simulation must find a wrong answer. Nothing but a test's constructor call can reach these.
/// </summary>
/// <remarks>The node's rules are in its own <c>ReplicaRules</c>. docs/design.md explains the protocol.</remarks>
internal sealed class ProtocolRules
{
    /// <summary>All rules hold: what every real balancer goes by.</summary>
    public static ProtocolRules All { get; } = new();

    /// <summary>A read counts only if the lease still holds when the answer arrives: else another coordinator may have served meanwhile (Gray and Cheriton).</summary>
    public bool ReadUnderLease { get; init; } = true;

    /// <summary>A read counts only if the view is still the one it was sent under: the primary may be another by now.</summary>
    public bool ReadUnderOneView { get; init; } = true;

    /// <summary>Reads go to the primary: what it shows is on every in-sync replica (chain replication, mirrored).</summary>
    public bool ReadFromPrimary { get; init; } = true;

    /// <summary>A coordinator whose lease has run out, or who hears of a higher term, stops serving.</summary>
    public bool StepDown { get; init; } = true;

    /// <summary>The primary takes a write last: a value that can be read is already on all other replicas (chain replication, mirrored).</summary>
    public bool PrimaryLast { get; init; } = true;

    /// <summary>A write is acknowledged only when the replicas that catch up have it: their copying passes over what comes meanwhile.</summary>
    public bool AwaitCatchingUp { get; init; } = true;

    /// <summary>A write is acknowledged only when the whole chain has it; who does not take it is first taken off the chain (Kafka's in-sync set).</summary>
    public bool ShrinkBeforeAcknowledging { get; init; } = true;

    /// <summary>A write keeps its version through every retry: as a new one it would undo what came after it.</summary>
    public bool OneVersionForLife { get; init; } = true;

    /// <summary>One write of a key is in hand at a time, so that replicas never differ by more than one.</summary>
    public bool OneWriteInHand { get; init; } = true;

    /// <summary>A write is not tried again once another coordinator may have served: it would come after writes that saw it fail.</summary>
    public bool GiveUpAfterOthers { get; init; } = true;

    /// <summary>The far end judges conditions: it has everything that can still come to light.</summary>
    public bool JudgeAtFarEnd { get; init; } = true;

    /// <summary>However often it is tried, a condition is judged by the time of the first try: values expire in between, and an earlier try may arrive late.</summary>
    public bool JudgeByOneTime { get; init; } = true;

    /// <summary>As a read does, the answer that a condition failed counts only if the lease still holds and the view is the same when it arrives.</summary>
    public bool JudgeUnderLease { get; init; } = true;

    /// <summary>What made a condition fail is carried down to the primary before the client is told of the failure.</summary>
    public bool BringToLight { get; init; } = true;

    /// <summary>A read that finds an expired value counts only with no write of the key in hand, whose condition may have held because of it.</summary>
    public bool ReadExpiredWhenQuiet { get; init; } = true;

    /// <summary>At the start of a term replicas take from their farther neighbours what they lack.</summary>
    public bool LevelAtStart { get; init; } = true;

    /// <summary>A chain is put in another order only when it is level: else writes are shown that can still be lost.</summary>
    public bool LevelBeforeReordering { get; init; } = true;

    /// <summary>No write is in hand in the slots of which a replica is put on a chain, or a chain is put in order.</summary>
    public bool StillBeforeHandOver { get; init; } = true;

    /// <summary>If that view is abandoned, no write begins in these slots before another is committed: the abandoned one may yet be the base of a term.</summary>
    public bool StillWhileAbandoned { get; init; } = true;

    /// <summary>A replica is put on a chain only when its copy is complete.</summary>
    public bool CopyBeforeInSync { get; init; } = true;

    /// <summary>A copy begins again if the replica that it is taken from is lost, or in a new term.</summary>
    public bool CopyAgainFromAnother { get; init; } = true;

    /// <summary>The sync point that nodes are told is not above the oldest version in hand.</summary>
    public bool SyncPointBelowWritesInHand { get; init; } = true;

    /// <summary>No sync point is told for a slot whose chain is not level.</summary>
    public bool SyncPointOfLevelSlots { get; init; } = true;

    /// <summary>A view that was proposed after abandoned ones counts as committed only if a change quorum of each of those has it.</summary>
    public bool InferCommitOverAbandoned { get; init; } = true;

    /// <summary>A lease is held only if that is so by each view that was proposed and not committed, too: another coordinator may start from it.</summary>
    public bool LeaseOfProposals { get; init; } = true;

    /// <summary>A coordinator starts with a start quorum of the highest view that it is told of (Paxos, Raft).</summary>
    public bool StartQuorum { get; init; } = true;

    /// <summary>And with one of its parent if it may never have been committed: the parent may be in force (joint consensus).</summary>
    public bool ParentStartQuorum { get; init; } = true;

    /// <summary>It goes on from no view lower than one that it was told of by a node that has not promised: nodes that were given up may be back, and be enough for an old one.</summary>
    public bool HeedLaterViews { get; init; } = true;

    /// <summary>A node that is a member no more is told so, as it may come back after it was given up: else it would be enough for its old view by itself.</summary>
    public bool TellFormerMembers { get; init; } = true;

    /// <summary>A view counts only when all of its own members that are up have it: none goes on under the old one.</summary>
    public bool CommitOnAllMembers { get; init; } = true;

    /// <summary>And a change quorum of its parent's in-sync nodes: whoever starts hears of it (Raft).</summary>
    public bool CommitOnChangeQuorum { get; init; } = true;

    /// <summary>And one of each view abandoned in between: none of these can pass for committed any more (joint consensus).</summary>
    public bool CommitOnAbandoned { get; init; } = true;

    /// <summary>While it may not be known which of several views is in force, quorums of all of these are needed, from one term to the next, too.</summary>
    public bool RememberUndecided { get; init; } = true;

    /// <summary>A node with another store has forgotten what it promised: it counts for no quorum.</summary>
    public bool CountKnownStoresOnly { get; init; } = true;

    /// <summary>A last holder that is back with another store holds nothing and is struck out.</summary>
    public bool StrikeOutEmptyHolders { get; init; } = true;

    /// <summary>A last holder that has lost power since, and may have lost what it had not synced, is not taken while another one may yet come back.</summary>
    public bool WaitForWholeHolders { get; init; } = true;

    /// <summary>If a start goes on from a view that was never committed, the holders that it left out count, too: clients were answered with their help meanwhile.</summary>
    public bool RememberDropped { get; init; } = true;

    /// <summary>A view notes since when it counts on a node's store: what an older disk remembers, that is put back, does not count.</summary>
    public bool NoteStores { get; init; } = true;

    /// <summary>Once all have, or the operator gave up on them, the slot is reset: what its replicas were told that they have in common may be lost.</summary>
    public bool ResetAfterLoss { get; init; } = true;

    /// <summary>A replica stays in sync only as the very process that was: one started again may hold less.</summary>
    public bool InSyncByIncarnation { get; init; } = true;

    /// <summary>Tombstones go only below what every member is known to hold, never by time: else deleted keys come back.</summary>
    public bool FloorFromAllMembers { get; init; } = true;

    /// <summary>Expiry is judged by a clock that never goes back, not from one coordinator to the next either.</summary>
    public bool ClusterClock { get; init; } = true;

    /// <summary>Only a node that holds nothing joins: what it had was decided without it.</summary>
    public bool JoinEmptyOnly { get; init; } = true;
}
