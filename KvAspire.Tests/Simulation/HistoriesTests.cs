using System.Text;
using KvAspire.Balancer.Cluster;
using KvAspire.Checking;
using KvAspire.Node.Storage;
using Version = KvAspire.Balancer.Store.EntryVersion;

namespace KvAspire.Tests.Simulation;

/// <summary>What may be gone with all copies, and what clients may be told after that.</summary>
public sealed class HistoriesTests
{
    private const string Key = "key";

    private readonly Histories _histories = new([Key], haveTimesToLive: false);

    [Fact]
    public void ErasOf_NothingLost_IsTheWholeHistory()
    {
        Write("a", 1, 2);
        Read("a", 3, 4);

        Assert.Equal(_histories.Of(Key), Assert.Single(_histories.ErasOf(Key)));
    }

    [Fact]
    public void ErasOf_ReadOfWhatWasKept_IsLinearizable()
    {
        Write("a", 1, 2);
        Write("b", 3, 4);
        Read("b", 5, 6);
        Lose("a", at: 10);
        Read("a", 11, 12);

        Assert.False(LinearizabilityChecker.IsLinearizable(_histories.Of(Key)));
        Assert.All(_histories.ErasOf(Key), era => Assert.True(LinearizabilityChecker.IsLinearizable(era)));
    }

    [Theory]
    [InlineData("b", false)]
    [InlineData(null, false)]
    [InlineData("a", true)]
    public void ErasOf_ReadAfterwards_MustBeOfWhatWasKept(string? value, bool isWell)
    {
        Write("a", 1, 2);
        Write("b", 3, 4);
        Lose("a", at: 10);
        Read(value, 11, 12);

        Assert.Equal(isWell, _histories.ErasOf(Key).All(era => LinearizabilityChecker.IsLinearizable(era) == true));
    }

    [Theory]
    [InlineData("a", "b")]
    [InlineData("b", "a")]
    [InlineData("b", "b")]
    [InlineData("a", "a")]
    public void ErasOf_WriteUnderWayMeanwhile_MayHaveTakenEffectBeforeAndAfter(string before, string after)
    {
        Write("a", 1, 2);
        Write("b", 3, 20);
        Read(before, 5, 6);
        Lose("a", at: 10);
        Read(after, 11, 12);

        Assert.All(_histories.ErasOf(Key), era => Assert.True(LinearizabilityChecker.IsLinearizable(era)));
    }

    [Fact]
    public void ErasOf_WriteThatBeganAfterwards_IsReadAfterwards()
    {
        Write("a", 1, 2);
        Lose(null, at: 10);
        Write("b", 11, 12);
        Read(null, 13, 14);

        Assert.Equal([true, false], _histories.ErasOf(Key).Select(era => LinearizabilityChecker.IsLinearizable(era)));
    }

    [Fact]
    public void FirstMissing_LaterWritesAcknowledged_IsTheFirstOfThem()
    {
        Acknowledge(1, seconds: 1);
        Acknowledge(2, seconds: 2);
        Acknowledge(3, seconds: 3);

        Assert.Null(_histories.FirstMissing(Key, new(1, 3)));
        Assert.Equal(TimeSpan.FromSeconds(2), _histories.FirstMissing(Key, new(1, 1)));
        Assert.Equal(TimeSpan.FromSeconds(1), _histories.FirstMissing(Key, null));
    }

    [Fact]
    public void FirstMissing_NothingThereAfterADelete_LooksBehindTheDelete()
    {
        Acknowledge(1, seconds: 1);
        Store(2, isTombstone: true);
        Acknowledge(2, seconds: 2);

        Assert.Null(_histories.FirstMissing(Key, null));
        Store(3);
        Acknowledge(3, seconds: 3);
        Assert.Equal(TimeSpan.FromSeconds(3), _histories.FirstMissing(Key, null));
    }

    [Theory]
    [InlineData(true, null, true)]
    [InlineData(false, 2.0, true)]
    [InlineData(false, null, false)]
    [InlineData(false, 100_000.0, false)]
    public void MayHaveGone_AfterATombstoneOrAValueForATime_UpToItsVersion(bool isTombstone, double? life, bool may)
    {
        Store(3, isTombstone, life is { } seconds ? TimeSpan.FromSeconds(seconds) : null);
        Store(4);

        Assert.Equal([may, may, false], new ulong[] { 2, 3, 4 }.Select(v => _histories.MayHaveGone(Key, Acknowledged(v))));
    }

    [Fact]
    public void Lose_WhatWasAcknowledged_IsExpectedNoMore()
    {
        Acknowledge(1, seconds: 1);
        Acknowledge(2, seconds: 2);

        _histories.Lose(Key, "a", new(1, 1), new(1, 2), step: 10);

        Assert.Equal(new(1, 1), _histories.Acknowledged(Key));
        Assert.Null(_histories.FirstMissing(Key, new(1, 1)));
    }

    [Fact]
    public void AddAcknowledged_OfWhatWasLost_IsTooLate()
    {
        Acknowledge(1, seconds: 1);
        _histories.Lose(Key, "a", Acknowledged(1), from: Epoch.Unpack(8), step: 10);

        _histories.AddAcknowledged(Key, new Version(7, 2), TimeSpan.FromSeconds(2));

        Assert.Equal(Acknowledged(1), _histories.Acknowledged(Key));
    }

    private static KvAspire.Node.Storage.EntryVersion Acknowledged(ulong counter) => new(1, counter);

    private void Write(string value, long start, long end) => _histories.Add(Key, new Operation(OperationKind.Write, value, null, start, end, OperationOutcome.Ok), null);

    private void Read(string? value, long start, long end) => _histories.Add(Key, new Operation(OperationKind.Read, value, null, start, end, OperationOutcome.Ok), null);

    private void Lose(string? kept, long at) => _histories.Lose(Key, kept, new(1, 1), new(1, 2), at);

    private void Acknowledge(ulong counter, double seconds) => _histories.AddAcknowledged(Key, new Version(1, counter), TimeSpan.FromSeconds(seconds));

    private void Store(ulong counter, bool isTombstone = false, TimeSpan? life = null) => _histories.AddStored(new StoredEntry(
        Encoding.UTF8.GetBytes(Key),
        Acknowledged(counter),
        default,
        "",
        life is { } time ? (SimulatedTime.Beginning + time).ToUnixTimeMilliseconds() : 0,
        isTombstone));
}
