namespace KvAspire.Tests.Faults;

public sealed class FaultPlanTests
{
    private static readonly TimeSpan Gap = TimeSpan.FromSeconds(4);

    [Fact]
    public void Faults_SameSeed_AreTheSame()
    {
        Assert.Equal(First(7, 300), First(7, 300));
        Assert.NotEqual(First(7, 300), First(8, 300));
    }

    [Fact]
    public void Faults_Beginning_HasEveryKindOnce()
    {
        var kinds = Enum.GetValues<FaultKind>();

        Assert.Equal(kinds.Order(), First(3, kinds.Length).Select(f => f.Kind).Order());
    }

    [Fact]
    public void Faults_Many_KeepTheMeanGapAndEveryKind()
    {
        var faults = First(5, 1000);

        Assert.InRange(faults.Average(f => f.Gap.TotalSeconds), 3.5, 4.5);
        Assert.Contains(faults, f => f.Gap == TimeSpan.Zero);
        Assert.All(Enum.GetValues<FaultKind>(), kind => Assert.True(faults.Count(f => f.Kind == kind) >= 20, $"{kind} is rare"));
        Assert.Equal(Enumerable.Range(1, 1000), faults.Select(f => f.Number));
    }

    [Fact]
    public void Faults_CoordinatorPaused_IsPausedForLongerThanItsLease() => Assert.All(
        First(1, 1000).Where(f => f.Kind == FaultKind.PauseCoordinator), f => Assert.True(f.Duration > TimeSpan.FromSeconds(2)));

    [Theory]
    [InlineData(0, "a")]
    [InlineData(0.5, "b")]
    [InlineData(0.999, "c")]
    public void Choose_Share_IsThatOne(double choice, string chosen) =>
        Assert.Equal(chosen, new PlannedFault(1, FaultKind.PauseNode, Gap, Gap, choice, Gap).Choose(["a", "b", "c"]));

    private static List<PlannedFault> First(int seed, int count) => [.. new FaultPlan(seed, Gap).Faults().Take(count)];
}
