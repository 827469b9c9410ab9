using KvAspire.Balancer;
using KvAspire.Balancer.Cluster;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace KvAspire.Tests.Hosting;

public sealed class BalancerSetupTests
{
    [Theory]
    [InlineData("Cluster:ReplicationFactor", "two", "Cluster:ReplicationFactor is 'two': set it to a whole number.")]
    [InlineData("Cluster:CopyBytesPerSecond", "64 MiB", "Cluster:CopyBytesPerSecond is '64 MiB': set it to a whole number.")]
    [InlineData("Cluster:RequestTimeout", "10s", "Cluster:RequestTimeout is '10s': write it as hh:mm:ss, such as 00:01:00 for a minute.")]
    [InlineData("Cluster:RequestTimeout", "60", "Cluster:RequestTimeout is '60': write it as hh:mm:ss, such as 00:01:00 for a minute.")]
    [InlineData("Cluster:RehomeAfter", "24:00:00", "Cluster:RehomeAfter is '24:00:00': write it as hh:mm:ss, such as 00:01:00 for a minute.")]
    [InlineData("Cluster:ReplicaTimout", "00:00:01", "Cluster:ReplicaTimout is not a setting: use Nodes, Spares, Secret, ReplicationFactor, ReplicaTimeout, HeartbeatInterval, LeaseLength, RequestTimeout, RehomeAfter, CopyBytesPerSecond, MaxWritesInHand, MaxBytesInHand.")]
    [InlineData("Cluster:Spares", "b,c", "Cluster:Spares is 'b,c': it is a list, so write Cluster:Spares:0=b, Cluster:Spares:1 for the next, and so on.")]
    [InlineData("urls", "foo", "urls has 'foo', which is no address to listen at: write http://host:port and no path, such as http://localhost:5000.")]
    public void AddBalancer_SettingOfTheWrongKindOrUnknown_SaysWhatToChange(string key, string value, string sentence)
    {
        var builder = WebApplication.CreateSlimBuilder(["--Cluster:Nodes:0=a", $"--{key}={value}"]);

        var refused = Assert.Throws<OptionsValidationException>(builder.AddBalancer);

        Assert.Equal([sentence], refused.Failures);
    }

    [Fact]
    public void AddBalancer_GoodSettings_TakesThem()
    {
        var builder = WebApplication.CreateSlimBuilder(
        [
            "--Cluster:Nodes:0=a", "--Cluster:ReplicationFactor=3", "--Cluster:RequestTimeout=00:01:00", "--Cluster:HeartbeatInterval=00:00:00.25",
            "--Cluster:RehomeAfter=7.00:00:00", "--Cluster:Secret=s",
        ]);

        builder.AddBalancer();

        using var services = builder.Services.BuildServiceProvider();
        var options = services.GetRequiredService<IOptions<ClusterOptions>>().Value;
        Assert.Equal(("a", 3, "s"), (options.Nodes.Single(), options.ReplicationFactor, options.Secret));
        Assert.Equal(
            (TimeSpan.FromMinutes(1), TimeSpan.FromMilliseconds(250), TimeSpan.FromDays(7)),
            (options.RequestTimeout, options.HeartbeatInterval, options.RehomeAfter));
    }
}
