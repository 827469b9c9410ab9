using System.Globalization;

namespace KvAspire.Tests.Simulation;

/// <summary>
/// Runs the cluster under faults, each run from its seed. <c>KVASPIRE_SEEDS</c> sets how many runs of each scenario,
/// <c>KVASPIRE_FIRST_SEED</c> where to begin: a failing seed fails again when it is run alone.
/// </summary>
public sealed class SimulationTests
{
    private const int SeedsByDefault = 12;
    private const int LinesShown = 120;

    public static TheoryData<int> Seeds
    {
        get
        {
            var seeds = new TheoryData<int>();
            var first = Setting("KVASPIRE_FIRST_SEED", 1);
            for (var seed = first; seed < first + Setting("KVASPIRE_SEEDS", SeedsByDefault); seed++)
            {
                seeds.Add(seed);
            }

            return seeds;
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Run_AnyFaults_IsLinearizableAndHeals(int seed) => Check(Simulation.Run(seed, Scenario.Anything));

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Run_OneNodeInTroubleAtATime_AnswersEveryOperation(int seed) => Check(Simulation.Run(seed, Scenario.OneNodeAtATime));

    [Fact]
    public void Run_SameSeed_GoesTheSameWay()
    {
        var first = Simulation.Run(7);
        var again = Simulation.Run(7);
        var other = Simulation.Run(8);

        Assert.Equal((first.Hash, first.Scheduler.Steps), (again.Hash, again.Scheduler.Steps));
        Assert.NotEqual(first.Hash, other.Hash);
    }

    private static void Check(SimulationResult result) => Assert.True(result.Failure is null, result.Describe(LinesShown));

    private static int Setting(string name, int byDefault) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var value) ? value : byDefault;
}
