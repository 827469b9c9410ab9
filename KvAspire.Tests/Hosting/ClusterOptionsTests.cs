using KvAspire.AppHost;
using Microsoft.Extensions.Configuration;

namespace KvAspire.Tests.Hosting;

public sealed class ClusterOptionsTests
{
    [Fact]
    public void TryRead_NothingConfigured_GivesTheDocumentedDefaults()
    {
        Assert.True(Read([], out var options, out _));
        Assert.Equal((3, 2, 1, 8081), (options!.Nodes, options.Spares, options.Balancers, options.Port));
        Assert.Equal(Path.Combine(Path.GetFullPath("/apphost"), "data"), options.DataDirectory);
        Assert.Null(options.Engine);
        Assert.Null(options.TraceShare);
        Assert.Null(options.RehomeSeconds);
        Assert.Null(options.CopyRate);
        Assert.True(options.Telemetry);
    }

    [Fact]
    public void TryRead_EverythingConfigured_TakesIt()
    {
        string[] args =
        [
            "--nodes=5", "--spares=0", "--balancers=2", "--port=0", "--data=/somewhere", "--engine=memory", "--telemetry=False",
            "--traces=0.25", "--rehome=90", "--copy-rate=250000", "--Cluster:Secret=s",
        ];
        Assert.True(Read(args, out var options, out _));
        Assert.Equal((5, 0, 2, null), (options!.Nodes, options.Spares, options.Balancers, options.Port));
        Assert.Equal((Path.GetFullPath("/somewhere"), "Memory", "s"), (options.DataDirectory, options.Engine, options.Secret));
        Assert.Equal(0.25, options.TraceShare);
        Assert.Equal((90, 250_000), (options.RehomeSeconds, options.CopyRate));
        Assert.False(options.Telemetry);
    }

    [Fact]
    public void TryRead_NoSecretConfigured_MakesADifferentOneEachTime()
    {
        Assert.True(Read([], out var first, out _));
        Assert.True(Read([], out var second, out _));
        Assert.NotEqual(first!.Secret, second!.Secret);
    }

    [Theory]
    [InlineData("nodes", "0")]
    [InlineData("nodes", "x")]
    [InlineData("nodes", "-1")]
    [InlineData("nodes", "2.5")]
    [InlineData("nodes", "101")]
    [InlineData("spares", "-1")]
    [InlineData("spares", "101")]
    [InlineData("balancers", "0")]
    [InlineData("balancers", "10")]
    [InlineData("port", "65536")]
    [InlineData("port", "http")]
    [InlineData("rehome", "0")]
    [InlineData("rehome", "00:10:00")]
    [InlineData("copy-rate", "999")]
    [InlineData("engine", "Postgres")]
    [InlineData("telemetry", "perhaps")]
    [InlineData("traces", "1.5")]
    [InlineData("traces", "-0.1")]
    [InlineData("traces", "-Infinity")]
    [InlineData("traces", "NaN")]
    [InlineData("traces", "all")]
    public void TryRead_ImpossibleValue_SaysWhatToChangeInOneSentence(string key, string value)
    {
        Assert.False(Read([$"--{key}={value}"], out _, out var error));
        Assert.StartsWith($"{key} is '{value}', but has to be ", error, StringComparison.Ordinal);
        Assert.DoesNotContain("\n", error, StringComparison.Ordinal);
    }

    [Fact]
    public void TryRead_NoRoomForTheLastBalancersPort_SaysWhatToChange()
    {
        Assert.False(Read(["--port=65535", "--balancers=2"], out _, out var error));
        Assert.Contains("choose a lower one", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--node 5", "--node is not an option: use --nodes, ")]
    [InlineData("--node=5", "--node is not an option: use --nodes, ")]
    [InlineData("--nodes 5 /replicas 3", "--replicas is not an option: use --nodes, ")]
    [InlineData("--Storage:Fsync Always", "--Storage:Fsync is a setting of the services, which the AppHost does not pass on: use --nodes, ")]
    [InlineData("--Cluster:ReplicationFactor=3", "--Cluster:ReplicationFactor is a setting of the services")]
    [InlineData("--nodes", "--nodes has no value")]
    [InlineData("--port 0 --nodes", "--nodes has no value")]
    [InlineData("-nodes 5", "-nodes is not an option: use --nodes, ")]
    [InlineData("nodes 5", "'nodes' stands for itself on the command line")]
    public void TryRead_NoOption_SaysWhatToWriteInOneSentence(string line, string beginning)
    {
        Assert.False(Read(line.Split(' '), out _, out var error));
        Assert.StartsWith(beginning, error, StringComparison.Ordinal);
        Assert.DoesNotContain("\n", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--operation publish --step publish --output-path out --log-level debug")]
    [InlineData("--DcpPublisher:RandomizePorts=false --environment Development")]
    [InlineData("/nodes 5 --cluster:secret=s nodes=4")]
    public void TryRead_WhatAspireOrTheHostReads_Takes(string line) => Assert.True(Read(line.Split(' '), out _, out _));

    private static bool Read(string[] args, out ClusterOptions? options, out string? error) =>
        ClusterOptions.TryRead(args, new ConfigurationBuilder().AddCommandLine(args).Build(), "/apphost", out options, out error);
}
