extern alias node;

using node::KvAspire.Protocol;
using static KvAspire.Tests.Node.Replica;

namespace KvAspire.Tests.Node;

/// <summary>What a node does once it knows that a view is committed: sync points, purges, sweeps.</summary>
public sealed class ReplicaSettleTests
{
    private const int Slot = 7;
    private const int Other = 8;
    private static readonly ulong First = Epoch(1, 1);
    private static readonly ulong Second = Epoch(1, 2);
    private readonly Replica _node = new();

    public ReplicaSettleTests()
    {
        _node.Claim(1);
        _node.Install(_node.View(First, (Slot, "n1 n2", "", 0), (Other, "n1 n2", "", 0)));
        _node.Write(First, Slot, Entry("a", First, 1));
        _node.Write(First, Other, Entry("b", First, 2));
    }

    [Fact]
    public void Heartbeat_InSyncAndLevel_RaisesTheSyncPointAndNeverLowersIt()
    {
        _node.Heartbeat(First, (First, 10));
        Assert.Equal((First, 10ul), SyncPoint(Slot));

        _node.Heartbeat(First, (First, 9));
        _node.Heartbeat(First);

        Assert.Equal((First, 10ul), SyncPoint(Slot));
    }

    [Fact]
    public void Heartbeat_SlotNotLevel_KeepsItsSyncPoint()
    {
        _node.Heartbeat(First, (First, 10));

        _node.Heartbeat(First, (First, 20), Slot);

        Assert.Equal((First, 10ul), SyncPoint(Slot));
        Assert.Equal((First, 20ul), SyncPoint(Other));
    }

    [Fact]
    public void Heartbeat_AnotherViewIsCommitted_KeepsTheSyncPoint()
    {
        _node.Heartbeat(First, (First, 10));
        _node.Install(_node.View(Second, (Slot, "n1 n2", "", 0)));

        _node.Heartbeat(First, (First, 20));

        Assert.Equal((First, 10ul), SyncPoint(Slot));
    }

    [Fact]
    public void Heartbeat_CatchingUp_KeepsTheSyncPoint()
    {
        _node.Heartbeat(First, (First, 10));
        _node.Install(_node.View(Second, (Slot, "n2", "n1", Second)));

        _node.Heartbeat(Second, (Second, 20));

        Assert.Equal((First, 10ul), SinceOfCopy(Slot, Second));
    }

    [Fact]
    public void Heartbeat_LastSlotGivenAwayAndCommitted_PurgesAllAndReportsBlank()
    {
        Assert.False(_node.Heartbeat(First, (First, 10)).Blank);
        _node.Install(_node.View(Second, (Slot, "n2 n3", "", 0), (Other, "n2 n3", "", 0)));
        Assert.NotEqual("", _node.Held(Slot));

        var reply = _node.Heartbeat(Second, (Second, 20));

        Assert.True(reply.Blank);
        Assert.Equal("", _node.Held(Slot) + _node.Held(Other));
    }

    [Fact]
    public void Heartbeat_FromWhoHasNoPromise_RaisesNothing()
    {
        _node.Heartbeat(First, (First, 10));

        var reply = _node.Heartbeat(new HeartbeatRequest { Term = 1, Coordinator = "c2", Committed = First, SyncEpoch = First, SyncCounter = 20 });

        Assert.False(reply.Accepted);
        Assert.Equal((First, 10ul), SyncPoint(Slot));
    }

    [Fact]
    public void SyncPoint_AfterARestart_IsKnown()
    {
        _node.Heartbeat(First, (First, 10), Other);
        _node.Restart();
        _node.Install(_node.View(Second, (Slot, "n1 n2", "", 0), (Other, "n1 n2", "", 0)));

        Assert.Equal((First, 10ul), SyncPoint(Slot));
        Assert.Equal((0ul, 0ul), SyncPoint(Other));
    }

    [Fact]
    public void Install_SlotMovedAway_PurgesOnlyWhenTheViewIsKnownCommitted()
    {
        _node.Heartbeat(First, (First, 10));
        _node.Install(_node.View(Second, (Slot, "n2 n3", "", 0), (Other, "n1 n2", "", 0)));
        Assert.Equal("a=1", _node.Held(Slot));
        _node.Heartbeat(First);
        Assert.Equal("a=1", _node.Held(Slot));

        _node.Heartbeat(Second);

        Assert.Equal("", _node.Held(Slot));
        Assert.Equal("b=2", _node.Held(Other));
    }

    [Fact]
    public void Operate_UnderTheNewView_IsProofOfItsCommitToo()
    {
        _node.Install(_node.View(Second, (Slot, "n2 n3", "", 0), (Other, "n1 n2", "", 0)));
        _node.Write(First, Other, Entry("late", First, 3));
        Assert.Equal("a=1", _node.Held(Slot));

        _node.Write(Second, Other, Entry("c", Second, 3));

        Assert.Equal("", _node.Held(Slot));
    }

    [Fact]
    public void Install_SlotComesBackAfterItWasPurged_IsCopiedWhole()
    {
        _node.Heartbeat(First, (First, 10));
        _node.Install(_node.View(Second, (Slot, "n2 n3", "", 0)));
        _node.Heartbeat(Second);
        _node.Install(_node.View(Epoch(1, 3), (Slot, "n2 n3", "n1", Epoch(1, 3))));

        Assert.Equal((0ul, 0ul), SinceOfCopy(Slot, Epoch(1, 3)));
    }

    [Fact]
    public void Install_ViewThatTheNextOneRevokes_CostsNothing()
    {
        _node.Heartbeat(First, (First, 10));
        _node.Install(_node.View(Second, (Slot, "n2", "", 0)));
        _node.Install(_node.View(Epoch(1, 3), (Slot, "n1 n2", "", 0)));

        _node.Heartbeat(Epoch(1, 3));

        Assert.Equal("a=1", _node.Held(Slot));
        Assert.Equal((First, 10ul), SyncPoint(Slot));
    }

    [Fact]
    public void Install_ViewThatDoesNotCountOnThisIncarnation_PurgesNothing()
    {
        var view = _node.View(Second, (Slot, "n2", "", 0));
        view.Members[0].State = MemberState.Down;
        _node.Install(view);

        _node.Heartbeat(Second);

        Assert.Equal("a=1", _node.Held(Slot));
    }

    [Fact]
    public void Sweep_BelowTheFloor_RemovesOnlyTombstonesAndWhatHasExpired()
    {
        _node.Write(First, Slot, Entry("dead", First, 3, value: null));
        _node.Write(First, Slot, Entry("expired", First, 4, expiresAt: 1000));
        _node.Write(First, Slot, Entry("later", First, 5, expiresAt: 1001));
        _node.Write(First, Other, Entry("dead above", First, 6, value: null));
        _node.Write(First, Other, Entry("expired above", First, 7, expiresAt: 500));
        Assert.Equal(0, _node.Core.Sweep().Sum());

        _node.Heartbeat(new HeartbeatRequest { Term = 1, Committed = First, Clock = 1000, FloorEpoch = First, FloorCounter = 6 });

        Assert.Equal(2, _node.Core.Sweep().Sum());
        Assert.Equal("a=1 later=5", _node.Held(Slot));
        Assert.Equal("b=2 dead above=6 expired above=7", _node.Held(Other));
        Assert.Equal(0, _node.Core.Sweep().Sum());
    }

    [Fact]
    public void Operate_WriteBelowTheFloorComesLate_IsRefused()
    {
        _node.Write(First, Slot, Entry("dead", First, 3));
        _node.Write(First, Slot, Entry("dead", First, 4, value: null));
        _node.Heartbeat(new HeartbeatRequest { Term = 1, Committed = First, Clock = 1000, FloorEpoch = First, FloorCounter = 6 });
        Assert.Equal(1, _node.Core.Sweep().Sum());

        // From a stream that was given up: the write was sent again on another, and the key deleted since.
        Assert.Equal(ResultStatus.Refused, _node.Write(First, Slot, Entry("dead", First, 3)).Status);
        // Brought to light by a new coordinator, from a replica that has not swept yet.
        Assert.Equal(ResultStatus.Ok, _node.Write(First, Slot, Entry("dead", First, 4, value: null)).Status);
        Assert.Equal(ResultStatus.Ok, _node.Write(First, Slot, Entry("expired", First, 5, expiresAt: 1000)).Status);
        Assert.Equal(ResultStatus.Ok, _node.Write(First, Slot, Entry("new", First, 6)).Status);
        Assert.Equal("a=1 new=6", _node.Held(Slot));
    }

    [Fact]
    public void Sweep_LargeSlot_TakesSeveralSteps()
    {
        for (ulong i = 0; i < 5_000; i++)
        {
            _node.Write(First, Slot, Entry($"{i:d4}", First, 10 + i, value: i % 2 == 0 ? "stays" : null));
        }

        _node.Heartbeat(new HeartbeatRequest { Term = 1, Committed = First, Clock = 1000, FloorEpoch = First, FloorCounter = 100_000 });

        Assert.Equal([1_000, 1_000, 500], _node.Core.Sweep());
        Assert.Equal(2_500, _node.Engine.Scan(Slot).Count(e => e.Version.Counter >= 10));
    }

    [Fact]
    public void Sweep_LargeValues_TakesSeveralSteps()
    {
        for (ulong i = 0; i < 8; i++)
        {
            _node.Write(First, Slot, Entry($"{i}", First, 10 + i, new string('x', 400_000)));
            _node.Write(First, Slot, Entry($"{i}+", First, 20 + i, value: null));
        }

        _node.Heartbeat(new HeartbeatRequest { Term = 1, Committed = First, Clock = 1000, FloorEpoch = First, FloorCounter = 100_000 });

        // After each third value, and at the end; a tombstone comes after its value.
        Assert.Equal([2, 3, 3], _node.Core.Sweep());
    }

    [Fact]
    public void Sweep_Again_LooksOnlyWhereSomethingMayEnd()
    {
        _node.Write(First, Slot, Entry("dead", First, 3, value: null));
        _node.Write(First, Other, Entry("later", First, 4, expiresAt: 5000));
        SetFloor(10);
        Assert.Equal([1], _node.Core.Sweep());

        // In the first slot there are values alone, and in the other one nothing has expired yet.
        SetFloor(11);
        Assert.Empty(_node.Core.Sweep());

        _node.Write(First, Slot, Entry("dead too", First, 11, value: null));
        _node.Write(First, Slot, Entry("dead above", First, 12, value: null));
        SetFloor(12);
        Assert.Equal([1], _node.Core.Sweep());

        // What has expired goes without a write in between.
        SetFloor(12, clock: 5000);
        Assert.Equal([1], _node.Core.Sweep());

        SetFloor(13, clock: 5000);
        Assert.Equal([1], _node.Core.Sweep());
        Assert.Equal("a=1", _node.Held(Slot));
        Assert.Equal("b=2", _node.Held(Other));

        void SetFloor(ulong counter, long clock = 1000) =>
            _node.Heartbeat(new HeartbeatRequest { Term = 1, Committed = First, Clock = clock, FloorEpoch = First, FloorCounter = counter });
    }

    [Fact]
    public void Sweep_WritesMayBeJudgedByTheTimeBeforeAValueExpired_KeepsIt()
    {
        _node.Write(First, Slot, Entry("expired", First, 3, expiresAt: 1000));

        // What is judged by a time before 999, 1001 and 1002 has versions below 4, 6 and 7; that is waited for one after the other.
        Beat(clock: 999, floor: 4, next: 4);
        Beat(clock: 1001, floor: 4, next: 6);
        Assert.Equal(0, _node.Core.Sweep().Sum());
        Beat(clock: 1002, floor: 5, next: 7);
        Assert.Equal(0, _node.Core.Sweep().Sum());

        // Version 5 is refused from here on.
        Beat(clock: 1003, floor: 6, next: 7);
        Assert.Equal(1, _node.Core.Sweep().Sum());

        void Beat(long clock, ulong floor, ulong next) => _node.Heartbeat(new HeartbeatRequest
        {
            Term = 1,
            Committed = First,
            Clock = clock,
            FloorEpoch = First,
            FloorCounter = floor,
            NextEpoch = First,
            NextCounter = next,
        });
    }

    [Fact]
    public void Sweep_FloorOfAnotherView_RemovesNothing()
    {
        _node.Write(First, Slot, Entry("dead", First, 3, value: null));
        _node.Install(_node.View(Second, (Slot, "n1 n2", "", 0)));

        _node.Heartbeat(new HeartbeatRequest { Term = 1, Committed = First, FloorEpoch = First, FloorCounter = 100 });

        Assert.Equal(0, _node.Core.Sweep().Sum());
        Assert.Equal("a=1 dead=3", _node.Held(Slot));
    }

    private (ulong Epoch, ulong Counter) SyncPoint(int slot) => SinceOfCopy(slot, joined: 0);

    /// <summary>A copy asks for everything from the sync point on.</summary>
    private (ulong Epoch, ulong Counter) SinceOfCopy(int slot, ulong joined)
    {
        var read = _node.Core.BeginCopy(slot, joined, out _, under: _node.Core.CurrentView.Epoch)!;
        return (read.SinceEpoch, read.SinceCounter);
    }
}
