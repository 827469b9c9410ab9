using System.Globalization;
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

    [Theory]
    [InlineData("01:00:00", true)]
    [InlineData("01:00:00.001", false)]
    [InlineData("60", false)]
    [InlineData("10675199.02:48:05.4775807", false)]
    public void Problems_Waits_AreAnHourAtMost(string value, bool good)
    {
        var longest = TimeSpan.Parse(value, CultureInfo.InvariantCulture);
        string[] names = ["ReplicaTimeout", "HeartbeatInterval", "LeaseLength", "RequestTimeout"];
        foreach (var name in names)
        {
            var options = Good();
            typeof(ClusterOptions).GetProperty(name)!.SetValue(options, longest);

            Assert.Equal(good, !options.Problems().Any(p => p.StartsWith($"Cluster:{name} is ", StringComparison.Ordinal) && p.Contains("00:01:00", StringComparison.Ordinal)));
        }
    }

    [Theory]
    [InlineData("00:00:00", true)]
    [InlineData("365.00:00:00", true)]
    [InlineData("365.00:00:01", false)]
    [InlineData("600", false)]
    [InlineData("-00:00:01", false)]
    public void Problems_RehomeAfter_IsFromZeroToAYear(string value, bool good)
    {
        var options = Good();
        options.RehomeAfter = TimeSpan.Parse(value, CultureInfo.InvariantCulture);

        Assert.Equal(good, !options.Problems().Any());
        Assert.All(options.Problems(), p => Assert.Contains("hh:mm:ss", p, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("a pass phrase, with signs: ~!", true)]
    [InlineData(" s", false)]
    [InlineData("s ", false)]
    [InlineData("\u00E9", false)]
    [InlineData("a\nb", false)]
    public void Problems_Secret_CanTravelAsAHeader(string secret, bool good)
    {
        var options = Good();
        options.Secret = secret;

        Assert.Equal(good, !options.Problems().Any());
        Assert.All(options.Problems(), p => Assert.Contains("Cluster:Secret", p, StringComparison.Ordinal));
    }

    private static ClusterOptions Good()
    {
        var options = new ClusterOptions();
        options.Nodes.Add("a");
        return options;
    }
}
