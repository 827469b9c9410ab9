namespace KvAspire.Tests.Simulation.Rules;

internal static class ScriptAssert
{
    private const int SeedsEach = 2;
    private const int LinesShown = 150;

    /// <summary>With all rules the script reaches its situation, and nothing goes wrong, with each of a few seeds.</summary>
    public static void GoesWell(RuleScript script)
    {
        for (var seed = 1; seed <= SeedsEach; seed++)
        {
            var (run, isReached) = script.Run(seed);
            Assert.True(run.Failure is null && isReached, $"{script.Situation}: {run.Describe(LinesShown)}");
        }
    }

    /// <summary>With some rules broken the script reaches its situation, and an answer or a state is wrong, with each of a few seeds.</summary>
    public static void GoesWrong(RuleScript script, SimulatedRules rules)
    {
        for (var seed = 1; seed <= SeedsEach; seed++)
        {
            var (run, isReached) = script.Run(seed, rules);
            Assert.True(isReached, $"{script.Situation}: {run.Describe(LinesShown)}");
            Assert.True(run.IsWrong, $"{script.Situation}: no wrong answer without the rule: {run.Describe(LinesShown)}");
        }
    }
}
