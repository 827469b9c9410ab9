namespace KvAspire.Tests.Faults;

/// <summary>
/// Which faults come, and when: without end, and from the seed alone. Kinds are dealt like cards: each comes once before the
/// frequent ones come more often, so that a short run has all of them.
/// </summary>
/// <param name="seed">The same seed gives the same plan.</param>
/// <param name="meanGap">The time between the beginnings of two faults, on average. Some begin together.</param>
internal sealed class FaultPlan(int seed, TimeSpan meanGap)
{
    /// <summary>How often a kind comes for each time that the rarest do.</summary>
    private static readonly Dictionary<FaultKind, int> Weights = new()
    {
        [FaultKind.KillPrimary] = 4,
        [FaultKind.KillFarEnd] = 4,
        [FaultKind.PauseNode] = 4,
        [FaultKind.StopNode] = 3,
        [FaultKind.KillCoordinator] = 3,
        [FaultKind.KillStandby] = 2,
        [FaultKind.PauseCoordinator] = 3,
        [FaultKind.StopCoordinator] = 3,
        [FaultKind.KillEverything] = 1,
        [FaultKind.EmptyDirectory] = 1,
        [FaultKind.FillDisk] = 2,
        [FaultKind.AddNode] = 3,
        [FaultKind.RemoveNode] = 2,
        [FaultKind.ForgetNode] = 1,
        [FaultKind.CutLink] = 3,
        [FaultKind.StallLink] = 3,
        [FaultKind.SlowLink] = 3,
    };

    public IEnumerable<PlannedFault> Faults()
    {
        var random = new Random(seed);
        var deck = Enum.GetValues<FaultKind>();
        for (var number = 1; ; deck = [.. Weights.SelectMany(w => Enumerable.Repeat(w.Key, w.Value))])
        {
            random.Shuffle(deck);
            foreach (var kind in deck)
            {
                // A fifth at once with the one before, the others so that the mean is right.
                var gap = random.NextDouble() < 0.2 ? TimeSpan.Zero : meanGap * (random.NextDouble() * 2.5);
                yield return new PlannedFault(number++, kind, gap, DurationOf(kind, random), random.NextDouble(), Between(random, 0.02, 0.4));
            }
        }
    }

    private static TimeSpan DurationOf(FaultKind kind, Random random) => kind switch
    {
        FaultKind.PauseCoordinator => Between(random, 2.5, 6),
        FaultKind.KillEverything => Between(random, 0, 1),
        FaultKind.SlowLink => Between(random, 2, 6),
        FaultKind.FillDisk => Between(random, 1, 4),
        _ => random.NextDouble() < 0.6 ? Between(random, 0.2, 2) : Between(random, 2, 6),
    };

    private static TimeSpan Between(Random random, double from, double to) => TimeSpan.FromSeconds(from + (random.NextDouble() * (to - from)));
}
