namespace KvAspire.Tests.Simulation.Rules;

/// <summary>The situations that rules are for which no random run has come to.</summary>
internal static class RuleScripts
{
    public static RuleScript OldMajority { get; } = new("an old majority with an empty store", 5, 5, StartScripts.StartWithAnOldMajorityAsync);

    public static RuleScript OutOfOrder { get; } = new("a chain that is neither in order nor level", 3, 2, LevellingScripts.LeaveAChainOutOfOrderAsync);

    public static RuleScript UnseenWrite { get; } = new("a condition fails because of a write that nobody sees", 3, 2, LevellingScripts.FailBecauseOfAnUnseenWriteAsync);

    public static RuleScript DeletedValue { get; } = new("a node comes back with a deleted value", 3, 2, DeletionScripts.ComeBackWithADeletedValueAsync);
}
