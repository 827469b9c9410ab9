namespace KvAspire.Tests.Faults;

public sealed class PausesTests
{
    [Fact]
    public void Of_GapAfterAFault_BelongsToIt() => Assert.Equal([300, 0], Milliseconds([1000, 9000], new Gap(1_200_000, 1_500_000)));

    [Fact]
    public void Of_FaultBeginsInTheGap_CountsFromTheFault() => Assert.Equal([400], Milliseconds([1000], new Gap(900_000, 1_400_000)));

    [Fact]
    public void Of_TwoFaultsInOneGap_BelongsToTheFirst() => Assert.Equal([2000, 0], Milliseconds([1000, 1500], new Gap(950_000, 3_000_000)));

    [Fact]
    public void Of_SeveralClients_IsTheLongest() =>
        Assert.Equal([700], Milliseconds([1000], new Gap(1_000_000, 1_200_000), new Gap(1_100_000, 1_800_000), new Gap(1_300_000, 1_400_000)));

    [Fact]
    public void Of_GapBeforeAllOrLongAfter_IsNobodys() =>
        Assert.Equal([0], Milliseconds([1000], new Gap(100_000, 900_000), new Gap(60_000_000, 61_000_000)));

    [Theory]
    [InlineData(0.5, 2)]
    [InlineData(0.99, 4)]
    [InlineData(1, 4)]
    public void Percentile_OfFour_IsTheOneThatTheShareDoesNotExceed(double share, int seconds) => Assert.Equal(
        TimeSpan.FromSeconds(seconds), Pauses.Percentile([.. Enumerable.Range(1, 4).Select(s => TimeSpan.FromSeconds(s))], share));

    [Fact]
    public void Percentile_OfNone_IsZero() => Assert.Equal(TimeSpan.Zero, Pauses.Percentile([], 0.5));

    private static double[] Milliseconds(long[] starts, params Gap[] gaps) =>
        [.. Pauses.Of([.. starts.Select(s => s * 1000)], gaps).Select(p => p.TotalMilliseconds)];
}
