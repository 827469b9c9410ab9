using System.Globalization;
using System.Net;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using KvAspire.AppHost;

namespace KvAspire.Tests.Hosting;

/// <summary>What the other tests rely on when they stop, kill and start resources.</summary>
public sealed class RunningResourcesTests : IAsyncLifetime
{
    private readonly string _data = Directory.CreateTempSubdirectory("kvaspire").FullName;
    private readonly CancellationTokenSource _limit = new(TimeSpan.FromMinutes(3));
    private DistributedApplication _app = null!;

    public async Task InitializeAsync()
    {
        string[] args = ["--nodes=2", "--spares=1", "--engine=Memory", "--telemetry=false", $"--data={_data}"];
        var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.KvAspire_AppHost>(args, _limit.Token);
        _app = await builder.BuildAsync(_limit.Token);
        await _app.StartAsync(_limit.Token);
    }

    public async Task DisposeAsync()
    {
        await _app.DisposeAsync();
        Directory.Delete(_data, recursive: true);
        _limit.Dispose();
    }

    [Fact]
    public async Task Start_NodesAndBalancer_GetTheirConfiguration()
    {
        var node = await HealthyAsync("node2");
        var balancer = await RunningAsync("balancer");

        var ofNode = Environment(node);
        Assert.Equal("node2", ofNode["Node__Name"]);
        Assert.Equal(Path.Combine(_data, "node2"), ofNode["Storage__Path"]);
        Assert.Equal("Memory", ofNode["Storage__Engine"]);
        Assert.Equal("", ofNode["OTEL_EXPORTER_OTLP_ENDPOINT"]);
        var grpc = _app.GetEndpoint("node2", "grpc");
        Assert.Equal(grpc.Port.ToString(CultureInfo.InvariantCulture), ofNode["Node__GrpcPort"]);
        var ofBalancer = Environment(balancer);
        Assert.Equal(grpc, new Uri(ofBalancer["services__node2__grpc__0"]));
        Assert.Equal(("node1", "node2", "node3"), (ofBalancer["Cluster__Nodes__0"], ofBalancer["Cluster__Nodes__1"], ofBalancer["Cluster__Spares__0"]));
        Assert.DoesNotContain("Cluster__Nodes__2", ofBalancer.Keys);
        Assert.Equal(ofNode["Cluster__Secret"], ofBalancer["Cluster__Secret"]);
    }

    [Fact]
    public async Task Spare_BeforeAndAfterTheStartCommand_IsStartedByItOnly()
    {
        await HealthyAsync("node1");
        Assert.True(_app.ResourceNotifications.TryGetCurrentState("node3", out var spare));
        Assert.Equal(KnownResourceStates.NotStarted, spare.Snapshot.State?.Text);

        await CommandAsync("node3", KnownResourceCommands.StartCommand);

        await RunningAsync("node3");
    }

    [Fact]
    public async Task Stop_RunningNode_EndsItInGoodOrderAndStartBringsItBackAtTheSameAddress()
    {
        await HealthyAsync("node1");
        var address = _app.GetEndpoint("node1", "http");

        await CommandAsync("node1", KnownResourceCommands.StopCommand);

        var stopped = await _app.ResourceNotifications.WaitForResourceAsync("node1", HasEnded, _limit.Token);
        Assert.Equal(0, stopped.Snapshot.ExitCode);

        await CommandAsync("node1", KnownResourceCommands.StartCommand);
        await HealthyAsync("node1");

        Assert.Equal(address, _app.GetEndpoint("node1", "http"));
        using var client = _app.CreateHttpClient("node1");
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(new Uri("/health", UriKind.Relative), _limit.Token)).StatusCode);
    }

    [Fact]
    public async Task Kill_RunningNode_LeavesItDeadAndRefusingUntilItIsStarted()
    {
        await HealthyAsync("node1");

        await CommandAsync("node1", ClusterCommands.Kill);

        var ended = await _app.ResourceNotifications.WaitForResourceAsync("node1", HasEnded, _limit.Token);
        Assert.Equal(KnownResourceStates.Finished, ended.Snapshot.State?.Text);
        Assert.Equal(137, ended.Snapshot.ExitCode);
        using var plain = new HttpClient { BaseAddress = _app.GetEndpoint("node1", "http") };
        var refused = await Assert.ThrowsAsync<HttpRequestException>(() => plain.GetAsync(new Uri("/health", UriKind.Relative), _limit.Token));
        Assert.Equal(HttpRequestError.ConnectionError, refused.HttpRequestError);

        await CommandAsync("node1", KnownResourceCommands.StartCommand);
        await HealthyAsync("node1");
    }

    [Fact]
    public async Task Pause_RunningNode_LeavesItSilentUntilItIsResumed()
    {
        await HealthyAsync("node1");
        using var client = new HttpClient { BaseAddress = _app.GetEndpoint("node1", "http") };

        await CommandAsync("node1", ClusterCommands.Pause);
        var answer = client.GetAsync(new Uri("/alive", UriKind.Relative), _limit.Token);
        while (await Task.WhenAny(answer, Task.Delay(TimeSpan.FromSeconds(1), _limit.Token)) == answer)
        {
            // The signal is sent, and the last of the process's threads has not stopped yet.
            Assert.Equal(HttpStatusCode.OK, (await answer).StatusCode);
            answer = client.GetAsync(new Uri("/alive", UriKind.Relative), _limit.Token);
        }

        await CommandAsync("node1", ClusterCommands.Resume);

        Assert.Equal(HttpStatusCode.OK, (await answer).StatusCode);
    }

    [Fact]
    public async Task AddNode_NoBalancerThatServesIt_StartsTheSpareAndSaysWhatTheBalancerAnswered()
    {
        await HealthyAsync("node1");
        await RunningAsync("balancer");
        await CommandAsync("balancer", ClusterCommands.Kill);
        await _app.ResourceNotifications.WaitForResourceAsync("balancer", HasEnded, _limit.Token);

        var result = await _app.ResourceCommands.ExecuteCommandAsync("balancer", ClusterCommands.AddNode, _limit.Token);

        Assert.False(result.Success);
        Assert.Contains("balancer could not be reached", result.Message, StringComparison.Ordinal);
        await RunningAsync("node3");
    }

    private static bool HasEnded(ResourceEvent e) => KnownResourceStates.TerminalStates.Contains(e.Snapshot.State?.Text);

    private static Dictionary<string, string> Environment(ResourceEvent resource) =>
        resource.Snapshot.EnvironmentVariables.Where(v => v.IsFromSpec).ToDictionary(v => v.Name, v => v.Value ?? "");

    private Task<ResourceEvent> HealthyAsync(string name) =>
        _app.ResourceNotifications.WaitForResourceHealthyAsync(name, WaitBehavior.WaitOnResourceUnavailable, _limit.Token);

    private Task<ResourceEvent> RunningAsync(string name) => _app.ResourceNotifications.WaitForResourceAsync(
        name, e => e.Snapshot.State?.Text == KnownResourceStates.Running && !e.Snapshot.EnvironmentVariables.IsDefaultOrEmpty, _limit.Token);

    private async Task CommandAsync(string name, string command)
    {
        var result = await _app.ResourceCommands.ExecuteCommandAsync(name, command, _limit.Token);
        Assert.True(result.Success, result.Message);
    }
}
