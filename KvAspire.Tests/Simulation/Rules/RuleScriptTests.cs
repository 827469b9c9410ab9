namespace KvAspire.Tests.Simulation.Rules;

/// <summary>The situations that single rules are for: the cluster masters them, and would not without the rule.</summary>
public sealed class RuleScriptTests
{
    public static TheoryData<string> Names => [.. Mutations.All.Where(m => m.Script is not null).Select(m => m.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Run_WithAllRules_ReachesTheSituationAndGoesWell(string rule) => ScriptAssert.GoesWell(Find(rule).Script!);

    [Theory]
    [MemberData(nameof(Names))]
    public void Run_WithTheRuleBroken_ReachesTheSituationAndGoesWrong(string rule) => ScriptAssert.GoesWrong(Find(rule).Script!, Find(rule).Rules);

    private static Mutation Find(string rule) => Mutations.All.Single(m => m.Name == rule);
}
