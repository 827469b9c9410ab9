extern alias node;

using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Google.Protobuf;
using Grpc.Core;
using KvAspire.Node.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Options;
using node::KvAspire.Protocol;

namespace KvAspire.Tests.Hosting;

public sealed class NodeSetupTests
{
    [Theory]
    [InlineData("Node:GrpcPort=abc", "Node:GrpcPort is 'abc': set it to a whole number.")]
    [InlineData("urls=foo", "urls has 'foo', which is no address to listen at: write http://host:port and no path, such as http://localhost:5000.")]
    [InlineData("urls=http://localhost:1;https://localhost:2", "A node cannot listen at https://localhost:2, since it has no TLS: ")]
    [InlineData("https_ports=8443", "A node cannot listen at https://*:8443, since it has no TLS: ")]
    [InlineData("urls=http://unix:/tmp/socket", "A node cannot listen at http://unix:/tmp/socket: ")]
    [InlineData("Cluster:Secret=\u00E9", "Set Cluster:Secret to printable ASCII characters, without blanks at its ends: ")]
    [InlineData("Cluster:Secret=s ", "Set Cluster:Secret to printable ASCII characters, without blanks at its ends: ")]
    public void AddNode_WrongSetting_SaysWhatToChange(string setting, string beginning)
    {
        var builder = WebApplication.CreateSlimBuilder(["--Node:Name=n1", "--Node:GrpcPort=4001", "--Storage:Engine=Memory", $"--{setting}"]);

        var refused = Assert.Throws<OptionsValidationException>(builder.AddNode);

        Assert.StartsWith(beginning, Assert.Single(refused.Failures), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_PortsWithoutUrls_ListensThereAndForGrpcOnAllInterfaces()
    {
        var grpcPort = FreePort();
        var builder = WebApplication.CreateSlimBuilder(
            ["--Node:Name=n1", $"--Node:GrpcPort={grpcPort}", "--Storage:Engine=Memory", "--http_ports=0"]);
        builder.AddNode();
        await using var app = builder.Build();
        app.MapNode();

        await app.StartAsync();

        var urls = app.Urls.Select(u => new Uri(u)).ToList();
        Assert.Equal(2, urls.Count);
        Assert.All(urls, u => Assert.True(IPAddress.Parse(u.Host) is var host && (host.Equals(IPAddress.IPv6Any) || host.Equals(IPAddress.Any)), u.Host));
        Assert.Equal(grpcPort, urls[1].Port);
        using var client = new HttpClient { BaseAddress = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{urls[0].Port}")) };
        Assert.Contains("n1", await client.GetStringAsync(new Uri("/", UriKind.Relative)), StringComparison.Ordinal);
        await app.StopAsync();
    }

    [Fact]
    public async Task ReadSlots_WithMoreKeysThanAnOrdinaryRequestMayHave_IsTaken()
    {
        var grpcPort = FreePort();
        var builder = WebApplication.CreateSlimBuilder(
            ["--Node:Name=n1", $"--Node:GrpcPort={grpcPort}", "--Storage:Engine=Memory", "--urls=http://127.0.0.1:0"]);
        builder.AddNode();
        await using var app = builder.Build();
        app.MapNode();
        await app.StartAsync();
        var request = new ReadSlotsRequest { Epoch = 1, Slots = { new SlotRead { Slot = 1 } } };
        request.Slots[0].Keys.Add(Enumerable.Range(0, 35_000).Select(i => ByteString.CopyFrom(new byte[1_000])));

        using var connections = new NodeConnections();
        var client = new Replica.ReplicaClient(connections.To(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{grpcPort}")));
        using var call = client.ReadSlots(request);
        var answer = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(CancellationToken.None));

        Assert.Equal("Not in sync for slot 1.", answer.Status.Detail);
        await app.StopAsync();
    }

    [Fact]
    public async Task Start_LocalhostInCapitals_ListensOnThisMachineOnly()
    {
        var builder = WebApplication.CreateSlimBuilder(
            ["--Node:Name=n1", $"--Node:GrpcPort={FreePort()}", "--Storage:Engine=Memory", $"--urls=http://LOCALHOST:{FreePort()}"]);
        builder.AddNode();
        await using var app = builder.Build();
        app.MapNode();

        await app.StartAsync();

        Assert.All(app.Urls, u => Assert.True(new Uri(u).IsLoopback, u));
        await app.StopAsync();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Any, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
