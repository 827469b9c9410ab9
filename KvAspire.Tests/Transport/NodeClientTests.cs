using System.Net;
using KvAspire.Balancer.Cluster;
using KvAspire.Balancer.Replication;
using KvAspire.Balancer.Transport;
using KvAspire.Node.Hosting;
using KvAspire.Tests.Node;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.ServiceDiscovery;

namespace KvAspire.Tests.Transport;

/// <summary>Finding a node, and losing it, over real connections.</summary>
public sealed class NodeClientTests : IAsyncLifetime
{
    private const string Nobody = "http://127.0.0.1:1";
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly WebApplication _node = CreateNode();
    private string _address = "";

    public async Task InitializeAsync()
    {
        await _node.StartAsync();
        _address = _node.Urls.Single();
    }

    public async Task DisposeAsync() => await _node.DisposeAsync();

    [Fact]
    public async Task Call_NodeIsSomewhereElseMeanwhile_FindsItThere()
    {
        var address = Nobody;
        await using var client = new NodeClient("n1", (_, _) => ValueTask.FromResult<string?>(address), new ClusterOptions(), TimeProvider.System);
        await Assert.ThrowsAsync<NodeUnreachableException>(() => client.DescribeAsync(Limit, CancellationToken.None));

        address = _address;

        Assert.Equal("n1", (await client.DescribeAsync(Limit, CancellationToken.None)).Name);
        Assert.Equal(_address, client.Address);
    }

    [Fact]
    public async Task Learn_AnotherAddressThanBefore_IsWhereItIsAskedNext()
    {
        await using var client = new NodeClient("n1", (_, _) => ValueTask.FromResult<string?>(null), new ClusterOptions(), TimeProvider.System);
        client.Learn(Nobody);
        await Assert.ThrowsAsync<NodeUnreachableException>(() => client.DescribeAsync(Limit, CancellationToken.None));

        client.Learn(_address);

        Assert.Equal("n1", (await client.DescribeAsync(Limit, CancellationToken.None)).Name);
    }

    [Fact]
    public async Task Get_NameThatServiceDiscoveryDoesNotKnow_IsWhereItIsSaidToBe()
    {
        var services = new ServiceCollection().AddSingleton<IConfiguration>(new ConfigurationBuilder().Build());
        services.AddLogging().AddServiceDiscovery();
        await using var provider = services.BuildServiceProvider();
        await using var directory = new NodeDirectory(
            provider.GetRequiredService<ServiceEndpointResolver>(), Options.Create(new ClusterOptions()), TimeProvider.System);

        var unknown = await Assert.ThrowsAsync<NodeUnreachableException>(() => directory.Get("n1").DescribeAsync(Limit, CancellationToken.None));
        Assert.Contains("knows no endpoint", unknown.Message, StringComparison.Ordinal);
        Assert.Equal("n1", (await directory.Get("n1", _address).DescribeAsync(Limit, CancellationToken.None)).Name);
    }

    [Fact]
    public async Task Call_NodeCannotBeLookedUp_IsUnreachableAndTriedAgain()
    {
        var isBroken = true;
        await using var client = new NodeClient(
            "n1", (_, _) => isBroken ? throw new ArgumentException("no such thing") : ValueTask.FromResult<string?>(_address), new ClusterOptions(), TimeProvider.System);

        var failure = await Assert.ThrowsAsync<NodeUnreachableException>(() => client.DescribeAsync(Limit, CancellationToken.None));
        Assert.Contains("no such thing", failure.Message, StringComparison.Ordinal);
        await using var channel = client.OpenChannel(new Incarnation("store1", 1));
        await Assert.ThrowsAsync<NodeUnreachableException>(() => channel.SendAsync(new Epoch(1, 1), OperationMessages.Read(1, "key"u8.ToArray())).WaitAsync(Limit));

        isBroken = false;

        Assert.Equal("n1", (await client.DescribeAsync(Limit, CancellationToken.None)).Name);
    }

    private static WebApplication CreateNode()
    {
        var replica = new Replica();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(server => server.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(_ => new ReplicaService(replica.Core, null!, new NodeTelemetry(replica.Core), TimeProvider.System));
        var node = builder.Build();
        node.MapGrpcService<ReplicaService>();
        return node;
    }
}
