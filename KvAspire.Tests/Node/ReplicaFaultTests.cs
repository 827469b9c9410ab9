extern alias node;

using KvAspire.Node.Replication;
using KvAspire.Node.Storage;
using KvAspire.Tests.Storage;
using node::KvAspire.Protocol;
using static KvAspire.Tests.Node.Replica;

namespace KvAspire.Tests.Node;

/// <summary>A medium that fails: the node stops, and acknowledges nothing that it may not have stored.</summary>
public sealed class ReplicaFaultTests : IDisposable
{
    private const int Slot = 7;
    private static readonly ulong Now = Epoch(1, 1);
    private readonly FailingEngine _engine = new(new MemoryStorageEngine());
    private readonly Replica _node;

    public ReplicaFaultTests()
    {
        _node = new Replica(_engine);
        _node.Claim(1);
        _node.Install(_node.View(Now, (Slot, "n1", "", 0), (Slot + 1, "n2", "n1", Now)));
        _node.Write(Now, Slot, Entry("a", Now, 1));
        _node.Heartbeat(Now);
    }

    public static TheoryData<string> Calls =>
        ["write", "read", "conditional", "claim", "install", "heartbeat", "sync", "begin", "absorb", "source", "sweep", "describe"];

    public void Dispose() => _engine.Dispose();

    [Theory]
    [MemberData(nameof(Calls))]
    public void AnyCall_MeetsTheFault_StopsTheNode(string call)
    {
        _node.Write(Now, Slot, Entry("dead", Now, 2, value: null));
        _node.Heartbeat(new HeartbeatRequest { Term = 1, Committed = Now, FloorEpoch = Now, FloorCounter = 9 });
        _engine.FailNow();

        AssertNotDone(call);

        Assert.NotEmpty(_node.Core.Fault);
        AssertStopped();
    }

    [Fact]
    public void Operate_FaultAfterSomeOfTheBatchIsStored_AcknowledgesNothingOfIt()
    {
        using var engine = new FailingEngine(new MemoryStorageEngine(), failingWrite: 4);
        var node = new Replica(engine);
        node.Install(node.View(Now, Slot, "n1"));
        node.Heartbeat(Now);
        Operation[] batch =
        [
            new() { Id = 1, Kind = OperationKind.Write, Slot = Slot, Entry = Entry("a", Now, 1) },
            new() { Id = 2, Kind = OperationKind.Write, Slot = Slot, Entry = Entry("a", Now, 2) },
            new() { Id = 3, Kind = OperationKind.Read, Slot = Slot, Entry = Entry("a", 0, 0) },
            new() { Id = 4, Kind = OperationKind.Read, Slot = Slot + 1, Entry = Entry("a", 0, 0) },
        ];

        var results = node.Core.Operate(Now, batch);

        Assert.Equal([1ul, 2, 3, 4], results.Results.Select(r => r.Id));
        Assert.All(results.Results, r => Assert.Equal(ResultStatus.Fault, r.Status));
        Assert.NotEmpty(node.Core.Fault);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Claim_FaultWhileItIsWritten_IsNotGiven(bool applied)
    {
        using var engine = new FailingEngine(new MemoryStorageEngine(), failingWrite: 1, applied);
        var node = new Replica(engine);

        Assert.Throws<StorageException>(() => node.Claim(1));

        Assert.False(node.Claim(1).Promised);
    }

    [Fact]
    public void Install_FaultWhileItIsWritten_LeavesTheOldViewInForce()
    {
        using var engine = new FailingEngine(new MemoryStorageEngine(), failingWrite: 2);
        var node = new Replica(engine);
        node.Install(node.View(Now, Slot, "n1"));

        Assert.Throws<StorageException>(() => node.TryInstall(node.View(Epoch(1, 2), Slot, "n1")));

        Assert.Equal(Now, node.Core.CurrentView.Epoch);
        Assert.False(node.TryInstall(node.View(Epoch(1, 2), Slot, "n1")).Installed);
    }

    [Theory]
    [InlineData("write", 0)]
    [InlineData("write", 1)]
    [InlineData("claim", 0)]
    [InlineData("install", 0)]
    [InlineData("heartbeat", 1)]
    [InlineData("absorb", 0)]
    [InlineData("absorb", 1)]
    [InlineData("begin", 0)]
    [InlineData("sweep", 4)]
    public void AnyChange_EndsOtherwiseBeforeItIsStored_StopsTheNode(string call, int after)
    {
        _node.Write(Now, Slot, Entry("dead", Now, 2, value: null));
        _node.Core.Absorb(Slot + 1, Now, [Entry("x", Now, 2)]);
        _node.Heartbeat(new HeartbeatRequest { Term = 1, Committed = Now, FloorEpoch = Now, FloorCounter = 3 });
        _engine.ThrowOnce(new InvalidOperationException("As the test wants it."), after);

        if (call == "heartbeat")
        {
            Assert.Throws<StorageException>(() => _node.Heartbeat(new HeartbeatRequest { Term = 1, Committed = Now, Clock = 77 }));
        }
        else
        {
            AssertNotDone(call);
        }

        Assert.Contains("As the test wants it", _node.Core.Fault, StringComparison.Ordinal);
        AssertStopped();
    }

    [Fact]
    public void Operate_EndsOtherwiseWithPurgesInHand_LeavesTheNodeNeitherWellNorBlank()
    {
        // The slots are given away: the first request under the view purges them.
        _node.Install(_node.View(Epoch(1, 2), (Slot, "n2", "", 0), (Slot + 2, "n1", "", 0)));
        _engine.ThrowOnce(new InvalidOperationException("As the test wants it."));

        Assert.Equal(ResultStatus.Fault, _node.Write(Epoch(1, 2), Slot + 2, Entry("b", Now, 3)).Status);

        Assert.NotEqual("", _node.Held(Slot));
        Assert.False(_node.Core.Describe().Blank);
        Assert.NotEmpty(_node.Core.Describe().Fault);
        _node.Restart();
        Assert.Equal(ResultStatus.Refused, _node.Read(Epoch(1, 2), Slot, "a").Status);
        Assert.False(_node.Core.Describe().Blank);
    }

    [Fact]
    public void Absorb_WhatNoNodeSends_ThrowsAndStopsNothing()
    {
        Assert.Throws<ArgumentException>(() => _node.Core.Absorb(Slot + 1, Now, [Entry("x", Now, 2), Entry("", Now, 3)]));

        Assert.Equal("", _node.Held(Slot + 1));
        Assert.Equal("", _node.Core.Fault);
    }

    [Fact]
    public void Install_ViewThatCannotBeRead_StopsNothing()
    {
        var unknown = _node.View(Epoch(1, 2), Slot, "n1");
        unknown.Slots[Slot].Chain[0] = 9;
        Assert.ThrowsAny<ArgumentException>(() => _node.TryInstall(unknown));

        var large = _node.View(Epoch(1, 2), Slot, "n1");
        large.Slots.Add(new Slot());
        Assert.False(_node.TryInstall(large).Installed);

        Assert.Equal("", _node.Core.Fault);
        _node.Install(_node.View(Epoch(1, 2), Slot, "n1"));
    }

    private void AssertNotDone(string call)
    {
        switch (call)
        {
            case "write":
                Assert.Equal(ResultStatus.Fault, _node.Write(Now, Slot, Entry("b", Now, 3)).Status);
                break;
            case "conditional":
                Assert.Equal(ResultStatus.Fault, _node.Write(Now, Slot, Entry("a", Now, 3), new Condition { Kind = ConditionKind.Exists }).Status);
                break;
            case "read":
                Assert.Equal(ResultStatus.Fault, _node.Read(Now, Slot, "a").Status);
                break;
            case "describe":
                Assert.NotEmpty(_node.Core.Describe().Fault);
                break;
            case "heartbeat":
                var reply = _node.Heartbeat(new HeartbeatRequest { Term = 1, Committed = Now, Clock = 77 });
                Assert.False(reply.Accepted);
                Assert.NotEmpty(reply.Fault);
                break;
            default:
                Assert.Throws<StorageException>(() => Run(call));
                break;
        }
    }

    private void Run(string call)
    {
        switch (call)
        {
            case "claim":
                _node.Claim(2);
                break;
            case "install":
                _node.TryInstall(_node.View(Epoch(1, 2), Slot, "n1"));
                break;
            case "sync":
                _node.Core.Sync();
                break;
            case "begin":
                _node.Core.BeginCopy(Slot + 1, Now, out _);
                break;
            case "absorb":
                _node.Core.Absorb(Slot + 1, Now, [Entry("x", Now, 3)]);
                break;
            case "source":
                _ = _node.Core.ReadSlot(Now, new SlotRead { Slot = Slot }).ToList();
                break;
            case "sweep":
                _ = _node.Core.Sweep().Sum();
                break;
        }
    }

    /// <summary>Whatever is asked from now on, the answer is never success.</summary>
    private void AssertStopped()
    {
        Assert.Equal(ResultStatus.Fault, _node.Write(Now, Slot, Entry("c", Now, 4)).Status);
        Assert.Equal(ResultStatus.Fault, _node.Read(Now, Slot, "a").Status);
        Assert.False(_node.Claim(3).Promised);
        Assert.False(_node.TryInstall(_node.View(Epoch(1, 9), Slot, "n1")).Installed);
        Assert.False(_node.Heartbeat(Now).Accepted);
        Assert.NotEmpty(_node.Core.Describe().Fault);
        Assert.Null(_node.Core.BeginCopy(Slot + 1, Now, out _));
        Assert.False(_node.Core.Absorb(Slot + 1, Now, [Entry("x", Now, 3)]));
        Assert.Empty(_node.Core.ReadSlot(Now, new SlotRead { Slot = Slot }));
        Assert.Equal(0, _node.Core.Sweep().Sum());
    }
}

/// <summary>The watched engine is an engine like any other.</summary>
public sealed class FailStopEngineTests : StorageEngineConformanceTests
{
    private protected override IStorageEngine Open() => FailStopEngine.Around(new MemoryStorageEngine(), _ => Assert.Fail("Nothing fails here."));
}
