using KvAspire.Balancer.Replication;
using Microsoft.Extensions.Time.Testing;
using static KvAspire.Tests.Replication.WriteRuns;

namespace KvAspire.Tests.Replication;

/// <summary>Slots are stilled so that a view may change while nothing is in hand.</summary>
public sealed class WriteLinesStillTests
{
    private readonly WriteRuns _runs = new();
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task StillAsync_NothingInHand_IsAtOnce()
    {
        var still = _runs.Lines.StillAsync([1, 2], Limit, _time);

        Assert.True(still.IsCompleted);
        Assert.NotNull(await still);
    }

    [Fact]
    public async Task StillAsync_WriteInHand_WaitsForItsEnd()
    {
        var write = _runs.Add(Plain("a"))[0];

        var still = _runs.Lines.StillAsync([1], Limit, _time);
        Assert.False(still.IsCompleted);
        _runs.End(write, Outcome(1));

        Assert.NotNull(await still.WaitAsync(Limit));
    }

    [Fact]
    public async Task StillAsync_NewWrites_WaitAndGoOnInOrderAfterwards()
    {
        var still = await _runs.Lines.StillAsync([1], Limit, _time);

        var writes = _runs.Add(Conditional("a"), Conditional("a"), Plain("b"));
        Assert.False(_runs.AnyStarted);
        Assert.Equal(3, _runs.Lines.Count);
        still!.Dispose();

        var started = new[] { await _runs.NextStartedAsync(), await _runs.NextStartedAsync() };
        Assert.Equal([writes[0], writes[2]], started);
        _runs.End(writes[0], Outcome(1));
        Assert.Same(writes[1], await _runs.NextStartedAsync());
    }

    [Fact]
    public async Task StillAsync_LineWithMoreWaiting_BeginsNoMoreOfThem()
    {
        var writes = _runs.Add(Conditional("a"), Conditional("a"), Conditional("a"));
        await _runs.NextStartedAsync();

        var stilling = _runs.Lines.StillAsync([1], Limit, _time);
        _runs.End(writes[0], Outcome(1));
        var still = await stilling.WaitAsync(Limit);

        Assert.False(_runs.AnyStarted);
        Assert.Null(_runs.Lines.Oldest());
        still!.Dispose();
        Assert.Same(writes[1], await _runs.NextStartedAsync());
    }

    [Fact]
    public async Task StillAsync_PlainWritesThatParkedTogether_AreMerged()
    {
        var still = await _runs.Lines.StillAsync([1], Limit, _time);
        var writes = _runs.Add(Plain("a"), Plain("a"));

        still!.Dispose();

        Assert.Same(writes[1], await _runs.NextStartedAsync());
        _runs.End(writes[1]);
        Assert.Equal(Outcome(1), await writes[0].Task.WaitAsync(Limit));
    }

    [Fact]
    public async Task StillAsync_AgainAndAgainUnderLoad_RunsEachWriteOnceAndOneOfAKeyAtATime()
    {
        const int Writes = 20_000;
        var (running, most, runs) = (0, 0, 0);
        var lines = new WriteLines(async write =>
        {
            most = Math.Max(most, Interlocked.Increment(ref running));
            await Task.Yield();
            Interlocked.Add(ref runs, 1 + write.Merged.Count);
            Interlocked.Decrement(ref running);
            write.TrySetResult(Outcome(1));
        });
        var writes = Enumerable.Range(0, Writes).Select(i => i % 2 == 0 ? Plain("a") : Conditional("a")).ToList();
        using var done = new CancellationTokenSource();
        var stilling = Task.Run(async () =>
        {
            while (!done.IsCancellationRequested)
            {
                // Too short for what is in hand, now and then.
                (await lines.StillAsync([1], TimeSpan.FromTicks(1), TimeProvider.System))?.Dispose();
            }
        });

        await Task.WhenAll(writes.Chunk(100).Select(some => Task.Run(() => Array.ForEach(some, lines.Add))));
        await Task.WhenAll(writes.Select(w => w.Task)).WaitAsync(Limit);
        await done.CancelAsync();
        await stilling.WaitAsync(Limit);

        Assert.Equal((1, Writes, 0, 0), (most, runs, lines.Count, lines.Bytes));
    }

    [Fact]
    public async Task StillAsync_OtherSlots_GoOn()
    {
        using var still = await _runs.Lines.StillAsync([1], Limit, _time);

        var write = _runs.Add(Plain("a", slot: 2))[0];

        Assert.Same(write, await _runs.NextStartedAsync());
    }

    [Fact]
    public async Task StillAsync_WriteDoesNotEndInTime_StillsNothing()
    {
        var writes = _runs.Add(Conditional("a"), Conditional("a"));
        await _runs.NextStartedAsync();
        var stilling = _runs.Lines.StillAsync([1, 2], TimeSpan.FromMilliseconds(500), _time);
        _runs.Add(Plain("b"));
        Assert.False(_runs.AnyStarted);

        _time.Advance(TimeSpan.FromMilliseconds(500));

        Assert.Null(await stilling.WaitAsync(Limit));
        Assert.Equal("b"u8.ToArray(), (await _runs.NextStartedAsync()).Key.ToArray());
        _runs.End(writes[0], Outcome(1));
        Assert.Same(writes[1], await _runs.NextStartedAsync());
    }

    [Fact]
    public async Task StillAsync_Interrupted_StillsNothingAndLetsAllGoOn()
    {
        var write = _runs.Add(Conditional("a"), Conditional("a"))[0];
        await _runs.NextStartedAsync();
        var interrupted = new TaskCompletionSource();
        var stilling = _runs.Lines.StillAsync([1], Limit, _time, interrupted.Task);
        _runs.Add(Plain("b"));
        Assert.False(_runs.AnyStarted);

        interrupted.SetResult();

        Assert.Null(await stilling.WaitAsync(Limit));
        Assert.Equal("b"u8.ToArray(), (await _runs.NextStartedAsync()).Key.ToArray());
        _runs.End(write, Outcome(1));
        Assert.Equal("a"u8.ToArray(), (await _runs.NextStartedAsync()).Key.ToArray());
    }

    [Fact]
    public async Task StillAsync_AfterOneThatTimedOut_WaitsForTheSameWrite()
    {
        var write = _runs.Add(Plain("a"))[0];
        var first = _runs.Lines.StillAsync([1], TimeSpan.FromMilliseconds(500), _time);
        _time.Advance(TimeSpan.FromMilliseconds(500));
        Assert.Null(await first.WaitAsync(Limit));

        var second = _runs.Lines.StillAsync([1], TimeSpan.FromMilliseconds(500), _time);
        Assert.False(second.IsCompleted);
        _runs.End(write, Outcome(1));

        Assert.NotNull(await second.WaitAsync(Limit));
    }

    [Fact]
    public async Task Dispose_Twice_LetsGoOnce()
    {
        var first = await _runs.Lines.StillAsync([1], Limit, _time);
        first!.Dispose();
        using var second = await _runs.Lines.StillAsync([1], Limit, _time);
        first.Dispose();

        _runs.Add(Plain("a"));

        Assert.False(_runs.AnyStarted);
    }
}
