extern alias balancer;

using System.Runtime.CompilerServices;
using Google.Protobuf;
using Grpc.Core;
using KvAspire.Balancer.Cluster;
using KvAspire.Balancer.Transport;
using Wire = balancer::KvAspire.Protocol;

namespace KvAspire.Tests.Simulation;

/// <summary>Finds nodes of the simulation: the address of a node is its name.</summary>
internal sealed class SimulatedNodeDirectory(SimulatedNetwork network, SimulatedProcess process, ClusterOptions options) : INodeDirectory
{
    private readonly Dictionary<string, SimulatedNodeClient> _clients = [];

    public INodeClient Get(string name, string? address = null)
    {
        if (!_clients.TryGetValue(name, out var client))
        {
            _clients[name] = client = new SimulatedNodeClient(name, network, process, options);
        }

        return client;
    }
}

/// <summary>Calls of a simulated balancer to a simulated node; the data path is the product's own.</summary>
internal sealed class SimulatedNodeClient(
    string name, SimulatedNetwork network, SimulatedProcess process, ClusterOptions options) : INodeClient
{
    public string Name => name;

    public string? Address => name;

    public Task<Wire.DescribeReply> DescribeAsync(TimeSpan timeout, CancellationToken cancellationToken) =>
        CallAsync("Describe", new Wire.DescribeRequest(), Wire.DescribeReply.Parser, timeout, cancellationToken);

    public Task<Wire.ClaimReply> ClaimAsync(Wire.ClaimRequest request, TimeSpan timeout, CancellationToken cancellationToken) =>
        CallAsync("Claim", request, Wire.ClaimReply.Parser, timeout, cancellationToken);

    public Task SyncAsync(TimeSpan timeout, CancellationToken cancellationToken) =>
        CallAsync("Sync", new Wire.SyncRequest(), Wire.SyncReply.Parser, timeout, cancellationToken);

    public Task<Wire.InstallReply> InstallAsync(Wire.InstallRequest request, TimeSpan timeout, CancellationToken cancellationToken) =>
        CallAsync("Install", network.Views.Pack(request), Wire.InstallReply.Parser, timeout, cancellationToken);

    public Task<Wire.HeartbeatReply> HeartbeatAsync(Wire.HeartbeatRequest request, TimeSpan timeout, CancellationToken cancellationToken) =>
        CallAsync("Heartbeat", request, Wire.HeartbeatReply.Parser, timeout, cancellationToken);

    public Task ReleaseLeaseAsync(Wire.ReleaseLeaseRequest request, TimeSpan timeout, CancellationToken cancellationToken) =>
        CallAsync("ReleaseLease", request, Wire.ReleaseLeaseReply.Parser, timeout, cancellationToken);

    public async IAsyncEnumerable<Wire.CopyProgress> CopySlotsAsync(
        Wire.CopySlotsRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var call = new SimulatedCall(network, process, name, "CopySlots");
        try
        {
            call.Up.Send(request.ToByteArray());
            while (await NextAsync(call, cancellationToken) is { } message)
            {
                yield return Wire.CopyProgress.Parser.ParseFrom(message);
            }
        }
        finally
        {
            call.Dispose();
        }
    }

    public IReplicaChannel OpenChannel(Incarnation target) => new ReplicaChannel(
        name,
        target,
        _ => Task.FromResult(new SimulatedCall(network, process, name, "Operate")
            .AsDuplex<Wire.OperationBatch, Wire.ResultBatch>(Wire.ResultBatch.Parser.ParseFrom)),
        options,
        process.Time);

    private async Task<byte[]?> NextAsync(SimulatedCall call, CancellationToken cancellationToken)
    {
        try
        {
            return await call.Down.ReceiveAsync(cancellationToken);
        }
        catch (RpcException e)
        {
            throw NodeClient.Unreachable(name, e);
        }
    }

    private Task<T> CallAsync<T>(
        string method, IMessage request, MessageParser<T> parser, TimeSpan timeout, CancellationToken cancellationToken)
        where T : IMessage<T> =>
        CallAsync(method, new Parcel(request.ToByteArray()), parser, timeout, cancellationToken);

    private async Task<T> CallAsync<T>(
        string method, Parcel request, MessageParser<T> parser, TimeSpan timeout, CancellationToken cancellationToken)
        where T : IMessage<T>
    {
        try
        {
            return network.Views.Unpack(parser, await network.CallAsync(process, name, method, request, timeout, cancellationToken));
        }
        catch (RpcException e)
        {
            throw NodeClient.Unreachable(name, e);
        }
    }
}
