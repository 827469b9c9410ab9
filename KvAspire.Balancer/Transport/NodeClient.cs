using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Grpc.Core;
using Grpc.Net.Client;
using KvAspire.Balancer.Cluster;
using KvAspire.Protocol;

namespace KvAspire.Balancer.Transport;

/// <summary>gRPC to one node, without retries: a refused connection means "not done", a time-out "unknown".</summary>
internal sealed class NodeClient(
    string name, Func<string, CancellationToken, ValueTask<string?>> resolve, ClusterOptions options, TimeProvider time)
    : INodeClient, IAsyncDisposable
{
    private readonly SemaphoreSlim _connecting = new(1);
    private readonly Metadata _headers = options.Secret.Length == 0 ? [] : new Metadata { { "kvaspire-secret", options.Secret } };
    private volatile Connection? _connection;
    private volatile string? _knownAddress;

    /// <summary>The node may be somewhere else now: it is looked up again before the next call.</summary>
    private volatile bool _isDoubtful;

    public string Name { get; } = name;

    public string? Address => _connection?.Address ?? _knownAddress;

    /// <summary>Tells where the node is, as a view or an operator says; service discovery goes first.</summary>
    public void Learn(string address)
    {
        if (address != _knownAddress)
        {
            _knownAddress = address;
            _isDoubtful = true;
        }
    }

    public Task<DescribeReply> DescribeAsync(TimeSpan timeout, CancellationToken cancellationToken) =>
        CallAsync((client, call) => client.DescribeAsync(new DescribeRequest(), call), timeout, cancellationToken);

    public Task<ClaimReply> ClaimAsync(ClaimRequest request, TimeSpan timeout, CancellationToken cancellationToken) =>
        CallAsync((client, call) => client.ClaimAsync(request, call), timeout, cancellationToken);

    public Task SyncAsync(TimeSpan timeout, CancellationToken cancellationToken) =>
        CallAsync((client, call) => client.SyncAsync(new SyncRequest(), call), timeout, cancellationToken);

    public Task<InstallReply> InstallAsync(InstallRequest request, TimeSpan timeout, CancellationToken cancellationToken) =>
        CallAsync((client, call) => client.InstallAsync(request, call), timeout, cancellationToken);

    public Task<HeartbeatReply> HeartbeatAsync(HeartbeatRequest request, TimeSpan timeout, CancellationToken cancellationToken) =>
        CallAsync((client, call) => client.HeartbeatAsync(request, call), timeout, cancellationToken);

    public Task ReleaseLeaseAsync(ReleaseLeaseRequest request, TimeSpan timeout, CancellationToken cancellationToken) =>
        CallAsync((client, call) => client.ReleaseLeaseAsync(request, call), timeout, cancellationToken);

    public async IAsyncEnumerable<CopyProgress> CopySlotsAsync(
        CopySlotsRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var call = await StartCopyAsync(request, cancellationToken);
        while (await MoveNextAsync(call.ResponseStream, cancellationToken))
        {
            yield return call.ResponseStream.Current;
        }
    }

    public IReplicaChannel OpenChannel(Cluster.Incarnation target) =>
        new ReplicaChannel(Name, target, async token => (await ClientAsync(token)).Operate(_headers, cancellationToken: token), options, time);

    public ValueTask DisposeAsync()
    {
        _connection?.Channel.Dispose();
        _connecting.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Says what an RPC failure means for the caller.</summary>
    public static NodeUnreachableException Unreachable(string node, Exception e) => new(
        node,
        e is RpcException rpc ? $"{rpc.StatusCode}: {rpc.Status.Detail}" : e.Message,
        e)
    {
        IsGone = Root(e) is SocketException { SocketErrorCode: SocketError.ConnectionRefused or SocketError.ConnectionReset },
    };

    private static Exception Root(Exception e)
    {
        var cause = e is RpcException { Status.DebugException: { } inner } ? inner : e;
        while (cause.InnerException is not null)
        {
            cause = cause.InnerException;
        }

        return cause;
    }

    private async Task<AsyncServerStreamingCall<CopyProgress>> StartCopyAsync(CopySlotsRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return (await ClientAsync(cancellationToken)).CopySlots(request, _headers, cancellationToken: cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException and not NodeUnreachableException)
        {
            throw Unreachable(Name, e);
        }
    }

    private async Task<bool> MoveNextAsync(IAsyncStreamReader<CopyProgress> stream, CancellationToken cancellationToken)
    {
        try
        {
            return await stream.MoveNext(cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw Unreachable(Name, e);
        }
    }

    private async Task<T> CallAsync<T>(
        Func<Replica.ReplicaClient, CallOptions, AsyncUnaryCall<T>> call, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(timeout);
        try
        {
            var client = await ClientAsync(limit.Token);
            return await call(client, new CallOptions(_headers, cancellationToken: limit.Token));
        }
        catch (Exception e) when (e is not NodeUnreachableException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            _isDoubtful = true;
            throw Unreachable(Name, e);
        }
    }

    private async ValueTask<Replica.ReplicaClient> ClientAsync(CancellationToken cancellationToken)
    {
        if (_connection is { } ready && !_isDoubtful)
        {
            return ready.Client;
        }

        await _connecting.WaitAsync(cancellationToken);
        try
        {
            var before = _connection;
            _isDoubtful = false;
            var address = await resolve(Name, cancellationToken) ?? _knownAddress ?? before?.Address
                ?? throw new NodeUnreachableException(Name, "service discovery knows no endpoint 'grpc' of that name");
            if (before?.Address == address)
            {
                return before.Client;
            }

            var connection = Connect(address);
            _connection = connection;
            before?.Channel.Dispose();
            return connection.Client;
        }
        catch (Exception e)
        {
            _isDoubtful = true;
            if (e is OperationCanceledException or NodeUnreachableException)
            {
                throw;
            }

            throw Unreachable(Name, e);
        }
        finally
        {
            _connecting.Release();
        }
    }

    private Connection Connect(string address)
    {
        var channel = GrpcChannel.ForAddress(address, new GrpcChannelOptions
        {
            MaxReceiveMessageSize = null,
            MaxSendMessageSize = null,
            DisposeHttpClient = true,
            // A client, not a handler: with a handler the channel would wait longer and longer before it connects again.
            HttpClient = new HttpClient(new SocketsHttpHandler
            {
                ConnectTimeout = options.ReplicaTimeout,
                EnableMultipleHttp2Connections = true,
                KeepAlivePingDelay = TimeSpan.FromSeconds(5),
                KeepAlivePingTimeout = TimeSpan.FromSeconds(5),
                PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
                ActivityHeadersPropagator = null,
                UseProxy = false,
            })
            {
                // Calls have limits of their own, and a stream may have nothing to say for as long as it likes.
                Timeout = Timeout.InfiniteTimeSpan,
            },
        });
        return new Connection(address, channel, new Replica.ReplicaClient(channel));
    }

    private sealed record Connection(string Address, GrpcChannel Channel, Replica.ReplicaClient Client);
}
