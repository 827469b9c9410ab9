extern alias node;

using KvAspire.Tests.Storage;
using node::KvAspire.Protocol;
using static KvAspire.Tests.Node.Replica;

namespace KvAspire.Tests.Node;

/// <summary>What a node promises, and to whom.</summary>
public sealed class ReplicaLeaseTests
{
    private static readonly TimeSpan Lease = TimeSpan.FromMilliseconds(LeaseMs);
    private readonly Replica _node = new();

    [Fact]
    public void Claim_EmptyStore_IsPromisedAtOnce()
    {
        var reply = _node.Claim(1);

        Assert.True(reply.Promised);
        Assert.Equal((1u, "c1"), (reply.State.PromisedTerm, reply.State.PromisedTo));
        Assert.Equal(("c1", LeaseMs), (reply.State.LeaseHolder, reply.State.LeaseRemainingMs));
        Assert.Null(reply.State.View);
    }

    [Fact]
    public void Claim_LowerTerm_IsRefusedAndTellsThePromise()
    {
        _node.Claim(5);
        _node.Time.Advance(Lease);

        var reply = _node.Claim(4, "c2");

        Assert.False(reply.Promised);
        Assert.Equal(5u, reply.State.PromisedTerm);
        Assert.False(_node.Claim(4).Promised);
    }

    [Fact]
    public void Claim_SameTermByAnother_IsRefused()
    {
        _node.Claim(5);
        _node.Time.Advance(Lease);

        Assert.False(_node.Claim(5, "c2").Promised);
        Assert.True(_node.Claim(5).Promised);
    }

    [Fact]
    public void Claim_LeaseOfAnotherRunning_WaitsUntilItHasRunOut()
    {
        _node.Claim(1);
        _node.Time.Advance(Lease - TimeSpan.FromMilliseconds(1));
        Assert.False(_node.Claim(2, "c2").Promised);

        _node.Time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.True(_node.Claim(2, "c2").Promised);
    }

    [Fact]
    public void Claim_LeaseRenewed_CountsFromTheRenewal()
    {
        _node.Claim(1);
        _node.Time.Advance(Lease / 2);
        Assert.True(_node.Heartbeat(Epoch(1, 0)).Accepted);
        _node.Time.Advance(Lease / 2);

        Assert.False(_node.Claim(2, "c2").Promised);
        _node.Time.Advance(Lease / 2);
        Assert.True(_node.Claim(2, "c2").Promised);
    }

    [Fact]
    public void Claim_HolderTakesAHigherTerm_NeedsNotWait()
    {
        _node.Claim(1);

        Assert.True(_node.Claim(2).Promised);
    }

    [Fact]
    public void Claim_AfterARestart_NothingIsPromisedForOneLease()
    {
        _node.Claim(1);
        _node.Restart();

        Assert.True(_node.Core.Describe().UnknownLease);
        Assert.False(_node.Claim(2, "c2").Promised);
        Assert.False(_node.Claim(2).Promised);
        _node.Time.Advance(Lease - TimeSpan.FromMilliseconds(1));
        Assert.False(_node.Claim(2, "c2").Promised);
        _node.Time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.False(_node.Core.Describe().UnknownLease);
        Assert.True(_node.Claim(2, "c2").Promised);
    }

    [Fact]
    public void Heartbeat_LeaseOfAnotherLength_IsRememberedOverAPowerCut()
    {
        using var engine = new UnsyncedTailEngine();
        var node = new Replica(engine);
        node.Claim(1);
        node.Core.Heartbeat(new HeartbeatRequest { Term = 1, Coordinator = "c1", LeaseMs = 7000 });

        engine.PowerCut();
        node.Restart();

        Assert.Equal(7000, node.Core.Describe().LeaseRemainingMs);
    }

    [Fact]
    public void Claim_AfterARestart_FormerPromiseStillHolds()
    {
        _node.Claim(5);
        _node.Restart();
        _node.Time.Advance(Lease);

        Assert.False(_node.Claim(4, "c2").Promised);
        Assert.False(_node.Claim(5, "c2").Promised);
        Assert.Equal((5u, "c1"), (_node.Core.Describe().PromisedTerm, _node.Core.Describe().PromisedTo));
    }

    [Fact]
    public void ReleaseLease_ByItsHolder_LetsAnotherClaimAtOnce()
    {
        _node.Claim(1);

        _node.Core.ReleaseLease(new ReleaseLeaseRequest { Term = 1, Coordinator = "c1" });

        Assert.True(_node.Claim(2, "c2").Promised);
    }

    [Fact]
    public void ReleaseLease_ByAnother_ChangesNothing()
    {
        _node.Claim(1);

        _node.Core.ReleaseLease(new ReleaseLeaseRequest { Term = 1, Coordinator = "c2" });

        Assert.False(_node.Claim(2, "c2").Promised);
    }

    [Theory]
    [InlineData(1u, "c1", true)]
    [InlineData(1u, "c2", false)]
    [InlineData(0u, "c1", false)]
    [InlineData(2u, "c1", false)]
    public void Heartbeat_OfWhoHasThePromise_IsAccepted(uint term, string coordinator, bool accepted)
    {
        _node.Claim(1);

        var reply = _node.Heartbeat(new HeartbeatRequest { Term = term, Coordinator = coordinator });

        Assert.Equal(accepted, reply.Accepted);
        Assert.Equal(1u, reply.PromisedTerm);
        Assert.Equal(_node.Incarnation, reply.Incarnation);
    }

    [Fact]
    public void Heartbeat_ViewOfAnotherInstalledWhileALeaseRuns_IsNotAccepted()
    {
        _node.Claim(1);
        var view = _node.View(Epoch(2, 1), 3, "n1");
        view.Coordinator = "c2";
        _node.Install(view);
        var heartbeat = new HeartbeatRequest { Term = 2, Coordinator = "c2" };

        Assert.False(_node.Heartbeat(heartbeat).Accepted);
        _node.Time.Advance(Lease);
        Assert.True(_node.Heartbeat(heartbeat).Accepted);
    }

    [Fact]
    public void Heartbeat_Clock_NeverGoesBackNotEvenOverARestart()
    {
        _node.Claim(1);
        _node.Heartbeat(new HeartbeatRequest { Term = 1, Clock = 5000 });
        _node.Heartbeat(new HeartbeatRequest { Term = 1, Clock = 4000 });
        Assert.Equal(5000, _node.Core.Describe().Clock);

        _node.Restart();

        Assert.Equal(5000, _node.Core.Describe().Clock);
    }
}
