extern alias node;

using node::KvAspire.Protocol;
using static KvAspire.Tests.Node.Replica;

namespace KvAspire.Tests.Node;

/// <summary>Which views a node takes, and what it then refuses.</summary>
public sealed class ReplicaViewTests
{
    private readonly Replica _node = new();

    [Fact]
    public void Install_WithoutAClaim_ImpliesThePromise()
    {
        _node.Install(_node.View(Epoch(3, 1), 1, "n1 n2"));

        Assert.False(_node.Claim(2).Promised);
        Assert.False(_node.Claim(3, "c2").Promised);
        Assert.Equal(3u, _node.Core.Describe().PromisedTerm);
        Assert.Equal("cluster1", _node.Core.Describe().Cluster);
    }

    [Fact]
    public void Install_AnotherIncarnation_IsRefused()
    {
        var view = _node.View(Epoch(1, 1), 1, "n1");
        var former = _node.Incarnation;
        _node.Restart();

        var reply = _node.Core.Install(new InstallRequest { View = view, Target = former });

        Assert.False(reply.Installed);
        Assert.NotEmpty(reply.Reason);
        Assert.Null(_node.Core.Describe().View);
    }

    [Theory]
    [InlineData(1, 9)]
    [InlineData(2, 1)]
    public void Install_LowerEpoch_IsRefused(uint term, uint revision)
    {
        _node.Install(_node.View(Epoch(2, 2), 1, "n1"));

        Assert.False(_node.TryInstall(_node.View(Epoch(term, revision), 1, "n1")).Installed);
        Assert.Equal(Epoch(2, 2), _node.Core.CurrentView.Epoch);
    }

    [Fact]
    public void Install_LowerTermThanPromised_IsRefusedThoughTheViewIsNewer()
    {
        _node.Install(_node.View(Epoch(1, 1), 1, "n1"));
        _node.Claim(5);

        var reply = _node.TryInstall(_node.View(Epoch(4, 1), 1, "n1"));

        Assert.False(reply.Installed);
        Assert.Equal(5u, reply.PromisedTerm);
    }

    [Fact]
    public void Install_SameTermOfAnotherCoordinator_IsRefused()
    {
        _node.Claim(5, "c2");

        Assert.False(_node.TryInstall(_node.View(Epoch(5, 1), 1, "n1")).Installed);
    }

    [Fact]
    public void Install_AnotherCluster_IsRefused()
    {
        _node.Install(_node.View(Epoch(1, 1), 1, "n1"));
        var foreign = _node.View(Epoch(2, 1), 1, "n1");
        foreign.Cluster = "cluster2";

        var reply = _node.TryInstall(foreign);

        Assert.False(reply.Installed);
        Assert.Contains("cluster1", reply.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Install_SameViewAgain_IsTakenAndStaysCommitted()
    {
        var view = _node.View(Epoch(1, 1), 1, "n1");
        _node.Install(view);
        _node.Heartbeat(Epoch(1, 1));

        _node.Install(view);

        Assert.True(_node.Core.Describe().Committed);
    }

    [Fact]
    public void Describe_AfterARestart_KnowsTheViewAndWhetherItIsCommitted()
    {
        _node.Install(_node.View(Epoch(1, 1), 1, "n1"));
        _node.Heartbeat(Epoch(1, 1));
        _node.Restart();
        Assert.Equal((Epoch(1, 1), true), (_node.Core.Describe().View.Epoch, _node.Core.Describe().Committed));

        _node.Install(_node.View(Epoch(1, 2), 1, "n1"));
        _node.Restart();

        Assert.Equal((Epoch(1, 2), false), (_node.Core.Describe().View.Epoch, _node.Core.Describe().Committed));
    }

    [Fact]
    public void Heartbeat_NamesAnotherView_ProvesNothing()
    {
        _node.Install(_node.View(Epoch(1, 2), 1, "n1"));

        _node.Heartbeat(Epoch(1, 1));

        Assert.False(_node.Core.Describe().Committed);
    }

    [Theory]
    [InlineData("n1 n2", "", ResultStatus.Ok, ResultStatus.Ok, ResultStatus.Refused)]
    [InlineData("n2 n1", "", ResultStatus.Refused, ResultStatus.Ok, ResultStatus.Ok)]
    [InlineData("n1", "n2", ResultStatus.Ok, ResultStatus.Ok, ResultStatus.Ok)]
    [InlineData("n2 n1 n3", "", ResultStatus.Refused, ResultStatus.Ok, ResultStatus.Refused)]
    [InlineData("n2", "n1", ResultStatus.Refused, ResultStatus.Ok, ResultStatus.Refused)]
    [InlineData("n2 n3", "", ResultStatus.Refused, ResultStatus.Refused, ResultStatus.Refused)]
    public void Operate_ByRole_DoesOnlyWhatTheViewGivesIt(
        string chain, string filling, object read, object write, object conditional)
    {
        var epoch = Epoch(1, 1);
        _node.Install(_node.View(epoch, (7, chain, filling, epoch)));
        var condition = new Condition { Kind = ConditionKind.None };

        Assert.Equal(write, _node.Write(epoch, 7, Entry("a", epoch, 1)).Status);
        Assert.Equal(conditional, _node.Write(epoch, 7, Entry("b", epoch, 2), condition).Status);
        Assert.Equal(read, _node.Read(epoch, 7, "a").Status);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 3)]
    [InlineData(2, 2)]
    public void Operate_AnotherEpoch_IsRefused(uint term, uint revision)
    {
        _node.Install(_node.View(Epoch(1, 2), 7, "n1"));

        Assert.Equal(ResultStatus.Refused, _node.Read(Epoch(term, revision), 7, "a").Status);
        Assert.Equal(ResultStatus.Refused, _node.Write(Epoch(term, revision), 7, Entry("a", Epoch(1, 2), 1)).Status);
        Assert.Equal("", _node.Held(7));
        Assert.False(_node.Core.Describe().Committed);
    }

    [Fact]
    public void Operate_RestartedAndNotYetInAView_IsRefused()
    {
        _node.Install(_node.View(Epoch(1, 1), 7, "n1"));
        _node.Restart();

        Assert.Equal(ResultStatus.Refused, _node.Read(Epoch(1, 1), 7, "a").Status);
        Assert.Equal(ResultStatus.Refused, _node.Write(Epoch(1, 1), 7, Entry("a", Epoch(1, 1), 1)).Status);
    }

    [Fact]
    public void Operate_NodeIsDownInTheView_IsRefused()
    {
        var view = _node.View(Epoch(1, 1), 7, "n1");
        view.Members[0].State = MemberState.Down;
        _node.Install(view);

        Assert.Equal(ResultStatus.Refused, _node.Read(Epoch(1, 1), 7, "a").Status);
    }

    [Fact]
    public void Operate_SlotBeyondTheLast_IsRefused()
    {
        _node.Install(_node.View(Epoch(1, 1), 7, "n1"));

        Assert.Equal(ResultStatus.Refused, _node.Read(Epoch(1, 1), 1024, "a").Status);
        Assert.Equal(ResultStatus.Refused, _node.Write(Epoch(1, 1), 1024, Entry("a", 1, 1)).Status);
    }
}
