namespace KvAspire.Tests.Simulation.Campaigns;

/// <summary>What a number of runs came to. Not thread-safe: the campaign locks.</summary>
internal sealed class CampaignSummary
{
    public long Runs { get; private set; }

    public List<FailedRun> Failures { get; } = [];

    /// <summary>Operations of clients whose answers were checked.</summary>
    public long Operations { get; private set; }

    /// <summary>Those of them whose clients were never told whether they took effect.</summary>
    public long UnknownOutcomes { get; private set; }

    public long Steps { get; private set; }

    /// <summary>Of the hashes of all runs, in whatever order: the same runs give the same.</summary>
    public ulong Hash { get; private set; }

    public SortedDictionary<string, long> Faults { get; } = new(StringComparer.Ordinal);

    public double SimulatedSeconds { get; private set; }

    public double SimulatedHours => SimulatedSeconds / 3600;

    /// <summary>Of this process, the runtime's own work included.</summary>
    public double CpuSeconds { get; set; }

    public double WallSeconds { get; set; }

    public double SimulatedSecondsPerCpuSecond => CpuSeconds > 0 ? SimulatedSeconds / CpuSeconds : 0;

    public double CpuMillisecondsPerRun => Runs > 0 ? CpuSeconds * 1000 / Runs : 0;

    public void Add(SimulationResult result)
    {
        Runs++;
        Operations += result.Histories.Count;
        UnknownOutcomes += result.Histories.Unknown;
        Steps += result.Scheduler.Steps;
        Hash ^= result.Hash;
        SimulatedSeconds += result.Scheduler.Now.TotalSeconds;
        foreach (var (kind, count) in result.Scheduler.Log.Faults)
        {
            Faults[kind] = Faults.GetValueOrDefault(kind) + count;
        }
    }

    public void Add(FailedRun failure) => Failures.Add(failure);
}

/// <summary>A run to be looked into.</summary>
/// <param name="Seed">Repeats it,</param>
/// <param name="Scenario">in this scenario.</param>
/// <param name="Failure">What was wrong.</param>
/// <param name="Replay">The command that repeats it.</param>
internal sealed record FailedRun(int Seed, Scenario Scenario, string Failure, string Replay)
{
    public static string ReplayOf(int seed, Scenario scenario) =>
        $"dotnet run -c Release --project KvAspire.Tests -- simulate --seeds 1 --first {seed} --scenario {scenario} --events 200";
}
