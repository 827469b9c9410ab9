using KvAspire.Balancer.Coordination;
using Microsoft.Extensions.Time.Testing;

namespace KvAspire.Tests.Replication;

public sealed class ClusterClockTests
{
    private static readonly DateTimeOffset Start = DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_000);

    private readonly FakeTimeProvider _time = new(Start);
    private readonly ClusterClock _clock;

    public ClusterClockTests() => _clock = new ClusterClock(_time);

    [Fact]
    public void Now_TimeGoesOn_FollowsIt()
    {
        Assert.Equal(1_700_000_000_000, _clock.Now);
        _time.Advance(TimeSpan.FromMilliseconds(1500));
        Assert.Equal(1_700_000_001_500, _clock.Now);
    }

    [Fact]
    public void Now_HeardOfALaterTime_WaitsForWallTimeToPassIt()
    {
        _clock.RaiseTo(1_700_000_010_000);

        Assert.Equal(1_700_000_010_000, _clock.Now);
        _time.Advance(TimeSpan.FromSeconds(9));
        Assert.Equal(1_700_000_010_000, _clock.Now);
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(1_700_000_011_000, _clock.Now);
    }

    [Fact]
    public void RaiseTo_EarlierTime_ChangesNothing()
    {
        _clock.RaiseTo(1_700_000_005_000);
        _clock.RaiseTo(1_700_000_004_000);

        Assert.Equal(1_700_000_005_000, _clock.Now);
    }

    [Fact]
    public async Task RaiseTo_ManyAtOnce_EndsAtTheHighest()
    {
        const int tasks = 8;
        const int each = 10_000;

        await Task.WhenAll(Enumerable.Range(0, tasks).Select(t => Task.Run(() =>
        {
            for (var i = each - 1; i >= 0; i--)
            {
                _clock.RaiseTo(1_800_000_000_000 + (i * tasks) + t);
            }
        })));

        Assert.Equal(1_800_000_000_000 + (each * tasks) - 1, _clock.Now);
    }
}
