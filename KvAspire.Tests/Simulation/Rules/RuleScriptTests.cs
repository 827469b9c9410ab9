namespace KvAspire.Tests.Simulation.Rules;

/// <summary>The situations that single rules are for: the cluster masters them, and would not without the rule.</summary>
public sealed class RuleScriptTests
{
    private const int SeedsEach = 2;
    private const int LinesShown = 150;

    public static TheoryData<string> Names => [.. Mutations.All.Where(m => m.Script is not null).Select(m => m.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Run_WithAllRules_ReachesTheSituationAndGoesWell(string rule)
    {
        var script = Mutations.All.Single(m => m.Name == rule).Script!;
        for (var seed = 1; seed <= SeedsEach; seed++)
        {
            var (run, isReached) = script.Run(seed);
            Assert.True(run.Failure is null && isReached, $"{script.Situation}: {run.Describe(LinesShown)}");
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Run_WithTheRuleBroken_ReachesTheSituationAndGoesWrong(string rule)
    {
        var mutation = Mutations.All.Single(m => m.Name == rule);
        for (var seed = 1; seed <= SeedsEach; seed++)
        {
            var (run, isReached) = mutation.Script!.Run(seed, mutation.Rules);
            Assert.True(isReached, $"{mutation.Script.Situation}: {run.Describe(LinesShown)}");
            Assert.True(run.Failure is not null, $"{mutation.Script.Situation}: went well without the rule: {run.Describe(LinesShown)}");
        }
    }
}
