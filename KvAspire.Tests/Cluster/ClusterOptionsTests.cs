using KvAspire.Balancer.Cluster;

namespace KvAspire.Tests.Cluster;

public sealed class ClusterOptionsTests
{
    [Fact]
    public void Problems_Defaults_OnlyLackNodes()
    {
        Assert.Contains("Cluster:Nodes", Assert.Single(new ClusterOptions().Problems()), StringComparison.Ordinal);
        Assert.Empty(Good().Problems());
    }

    [Fact]
    public void Problems_NameInNodesAndSpares_NamesIt()
    {
        var options = Good();
        options.Spares.Add("a");

        Assert.Contains(" a ", Assert.Single(options.Problems()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("12345678901234567890123456789012345678901234567890123456789012345")]
    public void Problems_NameThatPlacementCannotTake_SaysSo(string name)
    {
        var options = Good();
        options.Spares.Add(name);

        Assert.Contains("64", Assert.Single(options.Problems()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    [InlineData(5, true)]
    [InlineData(6, false)]
    public void Problems_ReplicationFactor_IsFromOneToFive(int factor, bool good)
    {
        var options = Good();
        options.ReplicationFactor = factor;

        Assert.Equal(good, !options.Problems().Any(p => p.Contains("Cluster:ReplicationFactor", StringComparison.Ordinal)));
        Assert.Equal(good, !options.Problems().Any());
    }

    [Theory]
    [InlineData(500, 1000, true)]
    [InlineData(500, 999, false)]
    [InlineData(0, 1000, false)]
    [InlineData(-1, 1000, false)]
    public void Problems_LeaseLength_IsAtLeastTwoHeartbeats(int heartbeat, int lease, bool good)
    {
        var options = Good();
        options.HeartbeatInterval = TimeSpan.FromMilliseconds(heartbeat);
        options.LeaseLength = TimeSpan.FromMilliseconds(lease);

        Assert.Equal(good, !options.Problems().Any());
        Assert.All(options.Problems(), p => Assert.Contains("Cluster:LeaseLength", p, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(1000, 1000, true)]
    [InlineData(1000, 999, false)]
    [InlineData(0, 1000, false)]
    public void Problems_RequestTimeout_IsNoLessThanReplicaTimeout(int replica, int request, bool good)
    {
        var options = Good();
        options.ReplicaTimeout = TimeSpan.FromMilliseconds(replica);
        options.RequestTimeout = TimeSpan.FromMilliseconds(request);

        Assert.Equal(good, !options.Problems().Any());
        Assert.All(options.Problems(), p => Assert.Contains("Cluster:ReplicaTimeout", p, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(1, 0, true)]
    [InlineData(0, 0, false)]
    [InlineData(1, -1, false)]
    public void Problems_Limits_AreNotNegative(int writes, long bytesPerSecond, bool good)
    {
        var options = Good();
        options.MaxWritesInHand = writes;
        options.CopyBytesPerSecond = bytesPerSecond;

        Assert.Equal(good, !options.Problems().Any());
    }

    private static ClusterOptions Good()
    {
        var options = new ClusterOptions();
        options.Nodes.Add("a");
        return options;
    }
}
