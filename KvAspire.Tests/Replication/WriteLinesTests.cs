using KvAspire.Balancer.Replication;
using KvAspire.Balancer.Store;
using static KvAspire.Tests.Replication.WriteRuns;

namespace KvAspire.Tests.Replication;

public sealed class WriteLinesTests
{
    private readonly WriteRuns _runs = new();

    [Fact]
    public async Task Add_ConditionalWritesOfOneKey_RunOneByOneInOrder()
    {
        var writes = _runs.Add(Conditional("a"), Conditional("a"), Conditional("a"));
        for (var i = 0; i < writes.Length; i++)
        {
            Assert.Same(writes[i], await _runs.NextStartedAsync());
            Assert.False(_runs.AnyStarted);

            _runs.End(writes[i], Outcome((ulong)i));

            Assert.Equal(Outcome((ulong)i), await writes[i].Task.WaitAsync(Limit));
        }
    }

    [Fact]
    public async Task Bytes_Always_AreThoseOfWritesNotYetDone()
    {
        var writes = _runs.Add(Plain("key"), Conditional("key"), Conditional("key"));
        Assert.Equal(3 * 4, _runs.Lines.Bytes);

        Assert.Same(writes[0], await _runs.NextStartedAsync());
        _runs.End(writes[0]);

        // One begins when the one before is done.
        Assert.Same(writes[1], await _runs.NextStartedAsync());
        Assert.Equal(2 * 4, _runs.Lines.Bytes);
    }

    [Fact]
    public async Task Add_OtherKeyOfTheSlot_DoesNotWait()
    {
        var writes = _runs.Add(Plain("a"), Plain("b"));

        Assert.Same(writes[0], await _runs.NextStartedAsync());
        Assert.Same(writes[1], await _runs.NextStartedAsync());
    }

    [Fact]
    public async Task Add_PlainWritesThatWaitTogether_AreDoneWithTheLast()
    {
        var writes = _runs.Add(Plain("a"), Plain("a"), Plain("a"), Plain("a"));
        Assert.Same(writes[0], await _runs.NextStartedAsync());

        _runs.End(writes[0]);

        Assert.Same(writes[3], await _runs.NextStartedAsync());
        Assert.Equal(Outcome(1), await writes[0].Task.WaitAsync(Limit));
        Assert.All(writes[1..], w => Assert.False(w.Task.IsCompleted));
        _runs.End(writes[3]);
        var outcomes = await Task.WhenAll(writes[1..].Select(w => w.Task)).WaitAsync(Limit);
        Assert.Equal([2ul, 3, 4], outcomes.Select(o => o.Version.Counter));
        Assert.All(outcomes, o => Assert.True(o.Passed));
        Assert.False(_runs.AnyStarted);
    }

    [Fact]
    public async Task Add_MergedWrites_AreToldWhatWasThereBeforeEach()
    {
        var writes = _runs.Add(Plain("a"), Plain("a"), Plain("a"));
        _runs.End(await _runs.NextStartedAsync());
        var last = await _runs.NextStartedAsync();

        last.Existed = false;
        _runs.End(last);

        Assert.False((await writes[1].Task.WaitAsync(Limit)).Existed);
        Assert.Equal([writes[1]], last.Merged);
    }

    [Fact]
    public async Task Add_ConditionalBetweenPlainWrites_IsMergedWithNeither()
    {
        var writes = _runs.Add(Plain("a"), Plain("a"), Plain("a"), Conditional("a"), Plain("a"), Conditional("a"), Plain("a"), Plain("a"));
        var sent = new List<PendingWrite>();
        while (sent.Count == 0 || sent[^1] != writes[^1])
        {
            sent.Add(await _runs.NextStartedAsync());
            _runs.End(sent[^1]);
        }

        Assert.Equal([writes[0], writes[2], writes[3], writes[4], writes[5], writes[7]], sent);
        var outcomes = await Task.WhenAll(writes.Select(w => w.Task)).WaitAsync(Limit);
        Assert.Equal([1ul, 2, 3, 4, 5, 6, 7, 8], outcomes.Select(o => o.Version.Counter));
    }

    [Fact]
    public async Task Add_LastOfAGroupFails_AllOfItFailAlike()
    {
        var writes = _runs.Add(Plain("a"), Plain("a"), Plain("a"), Conditional("a"));
        _runs.End(await _runs.NextStartedAsync(), Outcome(1));

        _runs.Fail(await _runs.NextStartedAsync(), new StoreUnavailableException("away", TimeSpan.FromSeconds(1)) { OutcomeUnknown = true });

        foreach (var write in writes[1..3])
        {
            var e = await Assert.ThrowsAsync<StoreUnavailableException>(() => write.Task.WaitAsync(Limit));
            Assert.True(e.OutcomeUnknown);
        }

        // The line goes on.
        Assert.Same(writes[3], await _runs.NextStartedAsync());
    }

    [Fact]
    public async Task Count_WritesMergedAndNot_CountsEachUntilItsEnd()
    {
        var writes = _runs.Add(Plain("a"), Plain("a"), Plain("a"), Plain("b"));
        Assert.Equal(4, _runs.Lines.Count);
        await _runs.NextStartedAsync();
        await _runs.NextStartedAsync();

        _runs.End(writes[0], Outcome(1));
        await _runs.NextStartedAsync();
        Assert.Equal(3, _runs.Lines.Count);

        _runs.End(writes[2], Outcome(2));
        await writes[1].Task.WaitAsync(Limit);
        Assert.Equal(1, _runs.Lines.Count);
    }

    [Fact]
    public async Task Add_KeyWhoseLineHasEnded_BeginsAtOnce()
    {
        var first = _runs.Add(Plain("a"))[0];
        _runs.End(await _runs.NextStartedAsync(), Outcome(1));
        await first.Task.WaitAsync(Limit);
        // Completes once nothing of the slot is in hand.
        (await _runs.Lines.StillAsync([1], Limit, TimeProvider.System))!.Dispose();

        var later = _runs.Add(Plain("a"))[0];

        Assert.Same(later, await _runs.NextStartedAsync());
    }

    [Fact]
    public void Oldest_NothingInHand_IsNull() => Assert.Null(_runs.Lines.Oldest());

    [Fact]
    public async Task Oldest_SeveralInHand_IsTheLowestVersionGiven()
    {
        var writes = _runs.Add(Plain("a", 3), Plain("b", 2), Plain("c", 3), Plain("d", 7));
        Assert.Null(_runs.Lines.Oldest());
        Give(writes[0], 12);
        Give(writes[1], 10);
        Give(writes[2], 11);
        Assert.Equal(new EntryVersion(1, 10), _runs.Lines.Oldest());

        _runs.End(writes[1], Outcome(10));
        using var still = await _runs.Lines.StillAsync([2], Limit, TimeProvider.System);

        Assert.Equal(new EntryVersion(1, 11), _runs.Lines.Oldest());
    }

    [Fact]
    public void GiveVersion_WriteHasOne_KeepsIt()
    {
        var write = _runs.Add(Plain("a"))[0];
        Give(write, 5);

        _runs.Lines.GiveVersion(write, () => throw new InvalidOperationException("A version is given once."));

        Assert.Equal((new EntryVersion(1, 5), 1), (write.Version, write.Reign));
    }

    private void Give(PendingWrite write, ulong counter) =>
        _runs.Lines.GiveVersion(write, () => (new EntryVersion(1, counter), 1));
}
