using KvAspire.Load.Measuring;

namespace KvAspire.Tests.Load;

public sealed class LatencyHistogramTests
{
    [Theory]
    [InlineData(0.5)]
    [InlineData(0.9)]
    [InlineData(0.99)]
    public void Percentile_UniformDurations_IsWithinThreePercent(double share)
    {
        var histogram = new LatencyHistogram();
        for (var microseconds = 1; microseconds <= 100_000; microseconds++)
        {
            histogram.Record(TimeSpan.FromMicroseconds(microseconds));
        }

        var exact = share * 100_000;
        Assert.InRange(histogram.Percentile(share).TotalMicroseconds, exact, exact * 1.032);
        Assert.Equal(100, histogram.Max.TotalMilliseconds);
    }

    [Fact]
    public void Percentile_NothingRecorded_IsZero() => Assert.Equal(TimeSpan.Zero, new LatencyHistogram().Percentile(0.99));

    [Theory]
    [InlineData(0)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(3_600_000_000)]
    public void Percentile_OneDuration_IsThatDuration(long microseconds)
    {
        var histogram = new LatencyHistogram();

        histogram.Record(TimeSpan.FromMicroseconds(microseconds));

        Assert.Equal(microseconds, histogram.Percentile(0.5).TotalMicroseconds);
    }

    [Fact]
    public void Merge_TwoHistograms_CountsBoth()
    {
        var low = new LatencyHistogram();
        var high = new LatencyHistogram();
        for (var i = 0; i < 9; i++)
        {
            low.Record(TimeSpan.FromMicroseconds(10));
        }

        high.Record(TimeSpan.FromSeconds(2));
        low.Merge(high);

        Assert.Equal(10, low.Count);
        Assert.Equal(10, low.Percentile(0.9).TotalMicroseconds);
        Assert.Equal(2, low.Percentile(0.91).TotalSeconds);
        Assert.Equal(2, low.Max.TotalSeconds);
    }
}
