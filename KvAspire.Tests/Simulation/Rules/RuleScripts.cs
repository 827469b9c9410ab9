namespace KvAspire.Tests.Simulation.Rules;

/// <summary>The situations that rules are for which random runs come to very seldom, or never.</summary>
internal static class RuleScripts
{
    public static RuleScript OldMajority { get; } = new("an old majority with an empty store", 5, 5, StartScripts.StartWithAnOldMajorityAsync);

    public static RuleScript OutOfOrder { get; } = new("a chain that is neither in order nor level", 3, 2, LevellingScripts.LeaveAChainOutOfOrderAsync);

    public static RuleScript UnseenWrite { get; } = new("a condition fails because of a write that nobody sees", 3, 2, LevellingScripts.FailBecauseOfAnUnseenWriteAsync);

    public static RuleScript DeletedValue { get; } = new("a node comes back with a deleted value", 3, 2, DeletionScripts.ComeBackWithADeletedValueAsync);

    public static RuleScript Proposal { get; } = new("a proposal that one node of three has", 3, 2, StartScripts.StartFromAProposalAsync);

    public static RuleScript EmptyFarEnd { get; } = new("all are killed, and a far end comes back empty", 3, 2, StartScripts.ComeBackEmptyAsync);

    public static RuleScript GivenUpAndBackFirst { get; } = new("a node that was given up is back with all, and may promise first", 2, 2, StartScripts.ComeBackFirstAfterBeingGivenUpAsync) { IsQuiet = true };

    public static RuleScript GivenUpAndAlone { get; } = new("a node that was given up is back, and then the only one", 2, 2, StartScripts.BeAloneAfterBeingGivenUpAsync) { IsQuiet = true };

    public static RuleScript ForgottenPromise { get; } = new("a power cut after a promise", 3, 2, StartScripts.LosePowerAfterAPromiseAsync);

    public static RuleScript LostPower { get; } = new("a far end is back after a power cut, and the primary is out of reach", 5, 2, StartScripts.LosePowerAsync) { SyncSeldom = true };

    public static RuleScript PowerLostEverywhere { get; } = new("both holders lose power, and one of them a write that both had", 5, 2, StartScripts.LosePowerEverywhereAsync) { SyncSeldom = true };

    public static RuleScript LostSource { get; } = new("the source of a copy is lost with the coordinator", 4, 3, LevellingScripts.LoseTheSourceOfACopyAsync);

    public static RuleScript LateWrite { get; } = new("a coordinator is back after another with a write in hand", 3, 2, TakeoverScripts.ComeBackWithAWriteInHandAsync);

    public static RuleScript AbandonedHandOver { get; } = new("a term begins with a hand-over that was abandoned", 3, 2, TakeoverScripts.BeginWithAnAbandonedHandOverAsync);

    public static RuleScript LateRead { get; } = new("a coordinator goes on without a lease and has not noticed", 3, 2, TakeoverScripts.ReadWithoutALeaseAsync) { IsQuiet = true };

    public static RuleScript ExpiringCondition { get; } = new("a value expires while a condition on it holds", 3, 3, DeletionScripts.ReadWhileAConditionHoldsAsync) { HaveTimesToLive = true };

    public static RuleScript TwoClocks { get; } = new("a value expires by two clocks", 3, 2, DeletionScripts.ExpireByTwoClocksAsync) { HaveTimesToLive = true };

    public static RuleScript TwoProposals { get; } = new("each of two nodes has a proposal without the other", 2, 2, ProposalScripts.ProposeWithoutEachAsync);

    public static RuleScript LaterProposal { get; } = new("a term begins with the later of two proposals that two nodes have", 2, 2, ProposalScripts.BeginWithTheLaterProposalAsync);

    public static RuleScript ProposalOnProposal { get; } = new("a term begins with a proposal, and its first view is a proposal, too", 5, 2, ProposalScripts.ProposeOnAProposalAsync);

    public static RuleScript AbandonedProposal { get; } = new("a coordinator goes on after a proposal that one node of two has", 2, 2, ProposalScripts.GoOnAfterAProposalAsync);

    public static RuleScript FormerTerm { get; } = new("a write of a former term arrives", 3, 2, LateArrivalScripts.TakeAWriteOfAFormerTermAsync);

    public static RuleScript FormerStream { get; } = new("a write of a former stream arrives when its tombstone is swept", 3, 2, LateArrivalScripts.TakeAWriteBelowTheFloorAsync) { IsQuiet = true };

    public static RuleScript LateTry { get; } = new("a value expires between two tries of a write on the condition that it is there", 3, 2, LateArrivalScripts.JudgeAgainAfterExpiryAsync) { HaveTimesToLive = true, IsQuiet = true };

    public static RuleScript LateConflict { get; } = new("a write is refused because of a value, and an earlier try of it arrives when that has expired and is swept", 3, 2, LateArrivalScripts.TakeARefusedWriteAfterExpiryAsync) { HaveTimesToLive = true, IsQuiet = true };

    public static RuleScript OldDisk { get; } = new("a node comes back with a disk that was replaced", 3, 2, DeletionScripts.ComeBackWithAnOldDiskAsync);

    public static RuleScript LostUnderProposal { get; } = new("a primary loses power while a view without the far end is proposed", 5, 2, StartScripts.LosePowerUnderAProposalAsync) { SyncSeldom = true, IsQuiet = true };

    public static RuleScript LateJudgement { get; } = new("a coordinator goes on without a lease, and a condition fails", 3, 2, TakeoverScripts.JudgeWithoutALeaseAsync) { IsQuiet = true };

    public static RuleScript FormerView { get; } = new("what levels a chain arrives views later", 3, 2, LateArrivalScripts.TakeWhatLevelledAFormerViewAsync);
}
