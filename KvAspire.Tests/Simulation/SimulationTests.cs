using System.Globalization;
using KvAspire.Tests.Simulation.Campaigns;

namespace KvAspire.Tests.Simulation;

/// <summary>
/// Runs the cluster under faults, each run from its seed. <c>KVASPIRE_SEEDS</c> sets how many runs of each scenario,
/// <c>KVASPIRE_FIRST_SEED</c> where to begin. For many, see the command <c>simulate</c>.
/// </summary>
public sealed class SimulationTests
{
    private const int SeedsByDefault = 50;
    private const int SeedsInATest = 25;
    private const int LinesShown = 120;

    public static TheoryData<string, int, int> Ranges
    {
        get
        {
            var ranges = new TheoryData<string, int, int>();
            var first = Setting("KVASPIRE_FIRST_SEED", 1);
            var last = first + Setting("KVASPIRE_SEEDS", SeedsByDefault) - 1;
            foreach (var scenario in Enum.GetNames<Scenario>())
            {
                for (var seed = first; seed <= last; seed += SeedsInATest)
                {
                    ranges.Add(scenario, seed, Math.Min(seed + SeedsInATest - 1, last));
                }
            }

            return ranges;
        }
    }

    [Theory]
    [MemberData(nameof(Ranges))]
    public void Run_Seeds_KeepEveryPromise(string scenario, int first, int last)
    {
        for (var seed = first; seed <= last; seed++)
        {
            var what = Enum.Parse<Scenario>(scenario);
            var result = Simulation.Run(seed, what);
            Assert.True(result.Failure is null, $"{FailedRun.ReplayOf(seed, what)}\n\n{result.Describe(LinesShown)}");
        }
    }

    [Fact]
    public void Run_SameSeed_GoesTheSameWay()
    {
        var first = Simulation.Run(7);
        var again = Simulation.Run(7);
        var other = Simulation.Run(8);

        Assert.Equal((first.Hash, first.Scheduler.Steps), (again.Hash, again.Scheduler.Steps));
        Assert.NotEqual(first.Hash, other.Hash);
    }

    [Fact]
    public async Task Run_SeveralAtATime_GoTheSameWayAsAlone()
    {
        var seeds = Enumerable.Range(1, 6).ToList();
        var alone = seeds.Select(s => Simulation.Run(s).Hash).Aggregate((x, y) => x ^ y);

        var campaign = new Campaign(
            new CampaignOptions { Seeds = seeds.Count, Scenarios = [Scenario.Anything], Threads = 3 }, (failed, _) => Assert.Fail(failed.Failure));
        await campaign.RunAsync(CancellationToken.None);

        Assert.Equal((seeds.Count, alone), campaign.Look(all => ((int)all.Runs, all.Hash)));
    }

    private static int Setting(string name, int byDefault) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var value) ? value : byDefault;
}
