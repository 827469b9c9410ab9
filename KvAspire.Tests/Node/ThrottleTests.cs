using KvAspire.Node.Hosting;
using Microsoft.Extensions.Time.Testing;

namespace KvAspire.Tests.Node;

public sealed class ThrottleTests
{
    private readonly FakeTimeProvider _time = new();
    private long _operations;

    [Fact]
    public void WaitAsync_NoLimitAndNoClients_NeverRests()
    {
        var throttle = new Throttle(0, isUrgent: false, () => _operations, _time);
        for (var i = 0; i < 10; i++)
        {
            throttle.Begin();
            _time.Advance(TimeSpan.FromMilliseconds(10));
            Assert.True(throttle.WaitAsync(1_000_000, CancellationToken.None).IsCompletedSuccessfully);
        }
    }

    [Theory]
    [InlineData(false, 80)]
    [InlineData(true, 20)]
    public async Task WaitAsync_ClientsAreServed_RestsEightTimesAsLongAsItWorkedOrTwice(bool isUrgent, int milliseconds)
    {
        var throttle = new Throttle(0, isUrgent, () => _operations, _time);
        _operations++;
        throttle.Begin();
        _time.Advance(TimeSpan.FromMilliseconds(10));

        var wait = throttle.WaitAsync(1, CancellationToken.None);

        _time.Advance(TimeSpan.FromMilliseconds(milliseconds - 1));
        Assert.False(wait.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        await wait;
    }

    [Fact]
    public async Task WaitAsync_RestsTooShortForATimer_AreSavedUp()
    {
        var throttle = new Throttle(0, isUrgent: false, () => _operations, _time);
        for (var i = 0; i < 3; i++)
        {
            _operations++;
            throttle.Begin();
            _time.Advance(TimeSpan.FromMilliseconds(0.08));
            Assert.True(throttle.WaitAsync(1, CancellationToken.None).IsCompletedSuccessfully);
        }

        _operations++;
        throttle.Begin();
        _time.Advance(TimeSpan.FromMilliseconds(0.08));
        var wait = throttle.WaitAsync(1, CancellationToken.None);

        Assert.False(wait.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(3));
        await wait;
    }

    [Fact]
    public async Task WaitAsync_AheadOfTheLimit_WaitsUntilItIsNot()
    {
        var throttle = new Throttle(1_000_000, isUrgent: false, () => _operations, _time);

        var wait = throttle.WaitAsync(100_000, CancellationToken.None);

        _time.Advance(TimeSpan.FromMilliseconds(99));
        Assert.False(wait.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        await wait;
    }
}
