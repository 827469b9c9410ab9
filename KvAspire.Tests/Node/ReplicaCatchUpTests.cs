extern alias node;

using node::KvAspire.Protocol;
using static KvAspire.Tests.Node.Replica;

namespace KvAspire.Tests.Node;

/// <summary>
/// A node that was in sync for a slot comes back. It held a=5 (below its sync point) and b=12 (above: possibly
/// never acknowledged).
/// </summary>
public sealed class ReplicaCatchUpTests
{
    private const int Slot = 7;
    private static readonly ulong First = Epoch(1, 1);
    private static readonly ulong Second = Epoch(2, 1);
    private readonly Replica _node = new();

    public ReplicaCatchUpTests()
    {
        _node.Install(_node.View(First, Slot, "n1 n2"));
        _node.Write(First, Slot, Entry("a", First, 5));
        Assert.True(_node.Heartbeat(First, (First, 10)).Accepted);
        _node.Write(First, Slot, Entry("b", First, 12));
        _node.Restart();
    }

    [Fact]
    public void Install_ViewToCatchUpIn_DestroysNothingYet()
    {
        InstallToCatchUp(Second);

        Assert.Equal("a=5 b=12", _node.Held(Slot));
    }

    [Fact]
    public void BeginCopy_ViewInForce_DropsWhatMayNeverHaveBeenAcknowledgedAndAsksForIt()
    {
        InstallToCatchUp(Second);

        var read = _node.Core.BeginCopy(Slot, Second, out var truncated);

        Assert.Equal("a=5", _node.Held(Slot));
        Assert.Equal(1, truncated);
        Assert.Equal((First, 10ul), (read!.SinceEpoch, read.SinceCounter));
        Assert.Equal(["b"], read.Keys.Select(k => k.ToStringUtf8()));
    }

    [Fact]
    public void BeginCopy_EntryAtTheSyncPointItself_IsDroppedToo()
    {
        _node.Install(_node.View(Second, Slot, "n1"));
        _node.Write(Second, Slot, Entry("at", First, 10));
        _node.Write(Second, Slot, Entry("below", First, 9));
        InstallToCatchUp(Epoch(2, 2));

        _node.Core.BeginCopy(Slot, Epoch(2, 2), out _);

        Assert.Equal("a=5 below=9", _node.Held(Slot));
    }

    [Fact]
    public void Write_UnderTheView_IsStoredAtOnceAndNotDroppedWithTheRest()
    {
        InstallToCatchUp(Second);

        Assert.Equal(ResultStatus.Ok, _node.Write(Second, Slot, Entry("c", Second, 20)).Status);

        // No client waits until a whole slot has been looked through.
        Assert.Equal("a=5 b=12 c=20", _node.Held(Slot));
        Assert.Contains("b", _node.Core.BeginCopy(Slot, Second, out _)!.Keys.Select(k => k.ToStringUtf8()));
        Assert.Equal("a=5 c=20", _node.Held(Slot));
        Assert.Equal(ResultStatus.Ok, _node.Write(Second, Slot, Entry("c", Second, 21)).Status);
        _node.Core.BeginCopy(Slot, Second, out _);
        Assert.Equal("a=5 c=21", _node.Held(Slot));
    }

    [Fact]
    public void Write_TwiceBeforeTheCopy_KeepsTheHigherVersion()
    {
        InstallToCatchUp(Second);
        _node.Write(Second, Slot, Entry("b", Second, 21));

        _node.Write(Second, Slot, Entry("b", Second, 20));

        _node.Core.BeginCopy(Slot, Second, out _);
        Assert.Equal("a=5 b=21", _node.Held(Slot));
    }

    [Fact]
    public void Write_VeryManyKeysBeforeTheCopy_TruncatesAtOnce()
    {
        InstallToCatchUp(Second);

        const ulong many = 50_001;
        for (ulong i = 0; i < many; i++)
        {
            _node.Write(Second, Slot, Entry($"key{i}", Second, 20 + i));
        }

        Assert.DoesNotContain("b=12", _node.Held(Slot), StringComparison.Ordinal);
        _node.Core.BeginCopy(Slot, Second, out _);
        Assert.Equal(1 + (int)many, _node.Held(Slot).Split(' ').Length);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void BeginCopy_SyncPointFromBeforeAReset_DropsAllAndAsksForAll(bool isWrittenBefore)
    {
        var view = _node.View(Second, (Slot, "n2", "n1", Second));
        view.Slots[Slot].Reset = Second;
        _node.Install(view);
        _node.Heartbeat(Second);
        if (isWrittenBefore)
        {
            _node.Write(Second, Slot, Entry("c", Second, 20));
        }

        var read = _node.Core.BeginCopy(Slot, Second, out _);

        Assert.Equal(isWrittenBefore ? "c=20" : "", _node.Held(Slot));
        Assert.Equal((0ul, 0ul), (read!.SinceEpoch, read.SinceCounter));
    }

    [Fact]
    public void Write_NoSyncPoint_DropsAllAtOnce()
    {
        const int other = Slot + 1;
        _node.Install(_node.View(Second, other, "n1"));
        _node.Write(Second, other, Entry("a", Second, 1));
        _node.Restart();
        var third = Epoch(3, 1);
        _node.Install(_node.View(third, (other, "n2", "n1", third)));

        _node.Write(third, other, Entry("c", third, 20));

        Assert.Equal("c=20", _node.Held(other));
    }

    [Fact]
    public void Write_LowerVersionThanWhatWasDropped_IsStored()
    {
        InstallToCatchUp(Second);

        _node.Write(Second, Slot, Entry("b", First, 11));

        Assert.Equal("a=5 b=11", _node.Held(Slot));
    }

    [Fact]
    public void BeginCopy_RestartedInMidCopy_StillAsksForTheDroppedKeys()
    {
        InstallToCatchUp(Second);
        _node.Write(Second, Slot, Entry("c", Second, 20));
        _node.Core.BeginCopy(Slot, Second, out _);
        _node.Restart();
        InstallToCatchUp(Epoch(3, 1));

        var read = _node.Core.BeginCopy(Slot, Epoch(3, 1), out var truncated);

        Assert.Equal("a=5", _node.Held(Slot));
        Assert.Equal(2, truncated);
        Assert.Equal(["b", "c"], read!.Keys.Select(k => k.ToStringUtf8()).Order());
        Assert.Equal((First, 10ul), (read.SinceEpoch, read.SinceCounter));
    }

    [Fact]
    public void BeginCopy_ToldToBeginAgain_DropsWhatCameMeanwhile()
    {
        InstallToCatchUp(Second);
        _node.Write(Second, Slot, Entry("c", Second, 20));

        InstallToCatchUp(Epoch(2, 2));
        var read = _node.Core.BeginCopy(Slot, Epoch(2, 2), out _);

        Assert.Equal("a=5", _node.Held(Slot));
        Assert.Equal(["b", "c"], read!.Keys.Select(k => k.ToStringUtf8()).Order());
    }

    [Fact]
    public void BeginCopy_InSyncAgain_ForgetsTheDroppedKeys()
    {
        InstallToCatchUp(Second);
        _node.Core.BeginCopy(Slot, Second, out _);
        _node.Install(_node.View(Epoch(2, 2), Slot, "n2 n1"));
        _node.Heartbeat(Epoch(2, 2));
        InstallToCatchUp(Epoch(2, 3));

        var read = _node.Core.BeginCopy(Slot, Epoch(2, 3), out _);

        Assert.Empty(read!.Keys);
    }

    [Fact]
    public void BeginCopy_NotOnTheList_IsNotThisNodesToFill()
    {
        InstallToCatchUp(Second);

        Assert.Null(_node.Core.BeginCopy(Slot, First, out _));
        Assert.Null(_node.Core.BeginCopy(Slot, joined: 0, out _));
        Assert.Null(_node.Core.BeginCopy(Slot + 1, Second, out _));
        Assert.Equal("a=5 b=12", _node.Held(Slot));
    }

    [Fact]
    public void BeginCopy_ToLevel_DropsNothing()
    {
        _node.Install(_node.View(Second, Slot, "n1 n2"));

        var read = _node.Core.BeginCopy(Slot, joined: 0, out var truncated, under: _node.Core.CurrentView.Epoch);

        Assert.Equal((0, 0), (truncated, read!.Keys.Count));
        Assert.Equal((First, 10ul), (read.SinceEpoch, read.SinceCounter));
        Assert.Equal("a=5 b=12", _node.Held(Slot));
    }

    [Fact]
    public void Absorb_ToLevelAfterAnotherView_TakesNothing()
    {
        _node.Install(_node.View(Second, Slot, "n1 n2"));
        Assert.NotNull(_node.Core.BeginCopy(Slot, joined: 0, out _, under: Second));
        _node.Install(_node.View(Epoch(2, 2), Slot, "n1 n2"));

        // The neighbour may have dropped it meanwhile.
        Assert.False(_node.Core.Absorb(Slot, joined: 0, [Entry("x", First, 14)], under: Second));
        Assert.Null(_node.Core.BeginCopy(Slot, joined: 0, out _, under: Second));
        Assert.Equal("a=5 b=12", _node.Held(Slot));
    }

    [Fact]
    public void Absorb_ToLevelBelowTheFloor_TakesOnlyWhatReplacesSomething()
    {
        _node.Install(_node.View(Second, Slot, "n1 n2"));
        _node.Heartbeat(new HeartbeatRequest { Term = 2, Committed = Second, FloorEpoch = First, FloorCounter = 14 });

        // The neighbour read it before it was deleted; here the tombstone is swept already.
        Assert.True(_node.Core.Absorb(Slot, joined: 0, [Entry("x", First, 13), Entry("b", First, 13), Entry("y", First, 14)], under: Second));

        Assert.Equal("a=5 b=13 y=14", _node.Held(Slot));
    }

    [Fact]
    public void BeginCopy_StoreWasNotTheOneCountedOnMeanwhile_DropsAllAndAsksForAll()
    {
        var view = _node.View(Second, (Slot, "n2", "n1", Second));
        view.Members[0].StoreSince = Second;
        _node.Install(view);

        var read = _node.Core.BeginCopy(Slot, Second, out _);

        Assert.Equal("", _node.Held(Slot));
        Assert.Equal((0ul, 0ul, 0), (read!.SinceEpoch, read.SinceCounter, read.Keys.Count));
    }

    [Fact]
    public void BeginCopy_NeverInSync_DropsAllAndAsksForAll()
    {
        var node = new Replica();
        node.Install(node.View(First, (Slot, "n2", "n1", First)));
        node.Write(First, Slot, Entry("a", First, 1));
        node.Restart();
        node.Install(node.View(Second, (Slot, "n2", "n1", Second)));

        var read = node.Core.BeginCopy(Slot, Second, out _);

        Assert.Equal("", node.Held(Slot));
        Assert.Equal((0ul, 0ul, 0), (read!.SinceEpoch, read.SinceCounter, read.Keys.Count));
    }

    [Fact]
    public void Absorb_WhatTheSourceSent_StoresOnlyHigherVersions()
    {
        InstallToCatchUp(Second);
        _node.Core.BeginCopy(Slot, Second, out _);
        _node.Write(Second, Slot, Entry("c", Second, 20));

        Assert.True(_node.Core.Absorb(Slot, Second, [Entry("a", First, 4), Entry("b", First, 11), Entry("c", First, 13), Entry("d", First, 14, value: null)]));

        Assert.Equal("a=5 b=11 c=20 d=14", _node.Held(Slot));
    }

    [Fact]
    public void Absorb_NoLongerThisNodesToFill_StoresNothing()
    {
        InstallToCatchUp(Second);
        _node.Core.BeginCopy(Slot, Second, out _);
        InstallToCatchUp(Epoch(2, 2));

        Assert.False(_node.Core.Absorb(Slot, Second, [Entry("x", First, 11)]));
        Assert.Equal("a=5", _node.Held(Slot));
    }

    private void InstallToCatchUp(ulong epoch) => _node.Install(_node.View(epoch, (Slot, "n2", "n1", epoch)));
}
