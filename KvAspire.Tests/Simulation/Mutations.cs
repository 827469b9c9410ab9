using KvAspire.Balancer.Cluster;
using KvAspire.Node.Replication;
using KvAspire.Tests.Simulation.Rules;

namespace KvAspire.Tests.Simulation;

/// <summary>
/// Every rule of the protocol, broken. A rule that nothing notices the loss of would be superfluous, or the simulation
/// would be blind: either is worth knowing.
/// </summary>
internal static class Mutations
{
    public static IReadOnlyList<Mutation> All { get; } =
    [
        .. Promises(), .. Views(), .. Reads(), .. Writes(), .. Conditions(), .. CatchingUp(), .. Deletion(),
    ];

    private static IEnumerable<Mutation> Promises() =>
    [
        Balancer("start quorum", Scenario.TwoCoordinators, 17, new() { StartQuorum = false }),
        Balancer("start quorum of the parent", Scenario.TwoCoordinators, 1, new() { ParentStartQuorum = false }) with { Script = RuleScripts.Proposal },
        Balancer("new stores count in no quorum", Scenario.LostDisks, 1, new() { CountKnownStoresOnly = false }) with { Script = RuleScripts.OldMajority },
        Balancer("empty last holders are struck out", Scenario.LostDisks, 1, new() { StrikeOutEmptyHolders = false }) with { Script = RuleScripts.EmptyFarEnd },
        Balancer("last holders that lost power wait for the others", Scenario.Anything, 1, new() { WaitForWholeHolders = false }) with { Script = RuleScripts.LostPower },
        Balancer("sync points count from the reset on", Scenario.Anything, 1, new() { ResetAfterLoss = false }) with { Script = RuleScripts.PowerLostEverywhere },
        Balancer("holders that a proposal left out count", Scenario.Blackouts, 1, new() { RememberDropped = false }) with { Script = RuleScripts.LostUnderProposal },
        Balancer("later views are heeded", Scenario.Blackouts, 1, new() { HeedLaterViews = false }) with { Script = RuleScripts.GivenUpAndBackFirst },
        Balancer("former members are told", Scenario.Blackouts, 1, new() { TellFormerMembers = false }) with { Script = RuleScripts.GivenUpAndAlone },
        Node("promises are kept", Scenario.TwoCoordinators, 1, new() { KeepPromises = false }),
        Node("promises are synced", Scenario.TwoCoordinators, 1, new() { SyncPromises = false }) with { Script = RuleScripts.ForgottenPromise },
        Node("a lease guards claims", Scenario.TwoCoordinators, 1, new() { GuardLease = false }),
        Node("a forgotten lease guards claims", Scenario.TwoCoordinators, 9, new() { GuardForgottenLease = false }),
        Node("operations of other epochs are refused", Scenario.TwoCoordinators, 1, new() { FenceEpochs = false }) with { Script = RuleScripts.FormerTerm },
        Both("other incarnations are told apart", Scenario.LostDisks, 4, new() { InSyncByIncarnation = false }, new() { FenceIncarnations = false, HaveRoleByIncarnation = false }),
        Balancer("in sync as the same process only", Scenario.LostDisks, 4, new() { InSyncByIncarnation = false }),
        Node("streams of other incarnations are refused", Scenario.Anything, 1, new() { FenceIncarnations = false }) with { Unseen = "the role by incarnation stands in for it; broken together above" },
        Node("roles of other incarnations are not taken", Scenario.Anything, 13, new() { HaveRoleByIncarnation = false }),
    ];

    private static IEnumerable<Mutation> Views() =>
    [
        Balancer("commit on all members", Scenario.Anything, 6, new() { CommitOnAllMembers = false }),
        Balancer("commit on a change quorum", Scenario.TwoCoordinators, 27, new() { CommitOnChangeQuorum = false }),
        Balancer("commit on a quorum of abandoned views", Scenario.TwoCoordinators, 1, new() { CommitOnAbandoned = false }) with { Script = RuleScripts.TwoProposals },
        Balancer("a commit is inferred from a quorum of abandoned views, too", Scenario.TwoCoordinators, 1, new() { InferCommitOverAbandoned = false }) with { Script = RuleScripts.TwoProposals },
        Balancer("quorums of what is undecided, over terms", Scenario.TwoCoordinators, 1, new() { RememberUndecided = false }) with { Script = RuleScripts.ProposalOnProposal },
        Balancer("a lease by proposals, too", Scenario.TwoCoordinators, 1, new() { LeaseOfProposals = false }) with { Script = RuleScripts.AbandonedProposal },
        Node("views are synced", Scenario.Anything, 28, new() { SyncViews = false }),
        Node("destroy under committed views only", Scenario.Membership, 1, new() { DestroyWhenCommitted = false }),
        // With stores told apart, nothing that a joining node brings along counts: that would stand in for the rule.
        Balancer("only empty nodes join", Scenario.Membership, 4, new() { JoinEmptyOnly = false, NoteStores = false }),
    ];

    private static IEnumerable<Mutation> Reads() =>
    [
        Balancer("reads count under a lease", Scenario.TwoCoordinators, 1, new() { ReadUnderLease = false }) with { Script = RuleScripts.LateRead },
        Balancer("no serving without a lease", Scenario.TwoCoordinators, 1, new() { ReadUnderLease = false, StepDown = false }) with { Script = RuleScripts.LateRead },
        Balancer("reads count under one view", Scenario.Anything, 1, new() { ReadUnderOneView = false }) with { Unseen = "superfluous by itself: what a node answers of an older view it read before the newer one was committed, and streams end with the nodes and terms they belong to" },
        Both("reads from the primary", Scenario.Anything, 1, new() { ReadFromPrimary = false }, new() { ReadAtPrimaryOnly = false }),
        Balancer("expired values are read when quiet", Scenario.Anything, 1, new() { ReadExpiredWhenQuiet = false }) with { Script = RuleScripts.ExpiringCondition },
        Balancer("expiry by the cluster clock", Scenario.Anything, 1, new() { ClusterClock = false }) with { Script = RuleScripts.TwoClocks },
    ];

    private static IEnumerable<Mutation> Writes() =>
    [
        Balancer("the primary last", Scenario.Anything, 1, new() { PrimaryLast = false }),
        Balancer("acknowledged when those catching up have it", Scenario.Anything, 5, new() { AwaitCatchingUp = false }),
        Balancer("shrink before acknowledging", Scenario.Anything, 3, new() { ShrinkBeforeAcknowledging = false }),
        Balancer("one version for life", Scenario.Anything, 6, new() { OneVersionForLife = false }),
        Balancer("one write of a key in hand", Scenario.Anything, 1, new() { OneWriteInHand = false }),
        Balancer("given up after another coordinator", Scenario.TwoCoordinators, 1, new() { GiveUpAfterOthers = false }) with { Script = RuleScripts.LateWrite },
        Node("higher versions only", Scenario.Anything, 2, new() { TakeHigherVersionsOnly = false }),
    ];

    private static IEnumerable<Mutation> Conditions() =>
    [
        Both("the far end judges", Scenario.Anything, 1, new() { JudgeAtFarEnd = false }, new() { JudgeAtFarEndOnly = false }),
        Balancer("conditions are judged by one time", Scenario.Anything, 1, new() { JudgeByOneTime = false }) with { Script = RuleScripts.LateTry },
        Balancer("conditions fail under a lease", Scenario.TwoCoordinators, 1, new() { JudgeUnderLease = false }) with { Script = RuleScripts.LateJudgement },
        Node("expired values are swept late", Scenario.Anything, 1, new() { SweepExpiredLate = false }) with { Script = RuleScripts.LateConflict },
        Balancer("brought to light before 412", Scenario.Anything, 1, new() { BringToLight = false }) with { Script = RuleScripts.UnseenWrite },
        Node("a node knows its own version", Scenario.Anything, 6, new() { KnowOwnVersion = false }),
    ];

    private static IEnumerable<Mutation> CatchingUp() =>
    [
        Balancer("level at the start of a term", Scenario.Anything, 14, new() { LevelAtStart = false }),
        Node("level under one view", Scenario.TwoCoordinators, 1, new() { LevelUnderOneView = false }) with { Script = RuleScripts.FormerView },
        Balancer("level before reordering", Scenario.Anything, 1, new() { LevelBeforeReordering = false }) with { Script = RuleScripts.OutOfOrder },
        Balancer("still before handing over", Scenario.Anything, 2, new() { StillBeforeHandOver = false }),
        Balancer("still while a view is abandoned", Scenario.Anything, 1, new() { StillWhileAbandoned = false }) with { Script = RuleScripts.AbandonedHandOver },
        Balancer("copied before in sync", Scenario.Anything, 1, new() { CopyBeforeInSync = false }),
        Balancer("copied again from another source", Scenario.Anything, 1, new() { CopyAgainFromAnother = false }) with { Script = RuleScripts.LostSource },
        Balancer("sync point below writes in hand", Scenario.Anything, 1, new() { SyncPointBelowWritesInHand = false }),
        Balancer("sync point of level slots", Scenario.Anything, 7, new() { SyncPointOfLevelSlots = false }),
        Node("truncated before catching up", Scenario.TwoCoordinators, 4, new() { Truncate = false }),
        Node("dropped keys are asked for", Scenario.TwoCoordinators, 12, new() { AskForDroppedKeys = false }),
    ];

    private static IEnumerable<Mutation> Deletion() =>
    [
        Node("late writes below the floor are refused", Scenario.TwoCoordinators, 1, new() { RefuseBelowFloor = false }) with { Script = RuleScripts.FormerStream },
        Balancer("stores are told apart", Scenario.LostDisks, 1, new() { NoteStores = false }) with { Script = RuleScripts.OldDisk },
        Balancer("the floor is below all members", Scenario.Anything, 1, new() { FloorFromAllMembers = false }) with { Script = RuleScripts.DeletedValue },
    ];

    private static Mutation Node(string name, Scenario scenario, int firstSeed, ReplicaRules rules) =>
        new(name, scenario, firstSeed, new SimulatedRules { Node = rules });

    private static Mutation Balancer(string name, Scenario scenario, int firstSeed, ProtocolRules rules) =>
        new(name, scenario, firstSeed, new SimulatedRules { Balancer = rules });

    private static Mutation Both(string name, Scenario scenario, int firstSeed, ProtocolRules balancer, ReplicaRules node) =>
        new(name, scenario, firstSeed, new SimulatedRules { Balancer = balancer, Node = node });
}
