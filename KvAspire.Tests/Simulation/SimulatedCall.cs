using Google.Protobuf;
using Grpc.Core;
using KvAspire.Node.Storage;

namespace KvAspire.Tests.Simulation;

/// <summary>A streaming call from a client process to whatever process listens at a host when the call gets there.</summary>
internal sealed class SimulatedCall
{
    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(1);

    private readonly SimulatedProcess _client;
    private bool _isOver;
    private bool _isConnected;

    public SimulatedCall(SimulatedNetwork network, SimulatedProcess client, string host, string method)
    {
        _client = client;
        Method = method;
        Up = new SimulatedPipe(network, client.Host, host, method);
        Down = new SimulatedPipe(network, host, client.Host, SimulatedNetwork.Reply(method));
        Up.Lost = Down.Lost = () =>
        {
            Up.GiveUp("connection lost");
            Down.GiveUp("connection lost");
        };
        Up.Send(() =>
        {
            network.AtCall?.Invoke(client.Host, host, method);
            Accept(network.Listening(host));
        });
        network.Scheduler.After(ConnectLimit, () =>
        {
            if (!_isConnected)
            {
                Down.GiveUp("no connection in time");
            }
        });
        client.AtEnd(Dispose);
        Down.Ended = _ => client.NotAtEnd(Dispose);
    }

    public string Method { get; }

    /// <summary>From the client to the server.</summary>
    public SimulatedPipe Up { get; }

    public SimulatedPipe Down { get; }

    /// <summary>The client wants no more of it. What it has sent may still arrive before the server hears of that.</summary>
    public void Dispose()
    {
        if (!_isOver)
        {
            _isOver = true;
            _client.NotAtEnd(Dispose);
            Up.Break(new RpcException(new Status(StatusCode.Cancelled, "the client went away")));
        }
    }

    public AsyncDuplexStreamingCall<TRequest, TResponse> AsDuplex<TRequest, TResponse>(Func<byte[], TResponse> parse)
        where TRequest : class, IMessage
        where TResponse : class =>
        new(
            new PipeWriter<TRequest>(Up, () => _isOver),
            new PipeReader<TResponse>(Down, parse),
            Task.FromResult(new Metadata()),
            static () => Status.DefaultSuccess,
            static () => [],
            Dispose);

    private void Accept(SimulatedServer? server)
    {
        _isConnected = true;
        if (server is null)
        {
            Down.Break(new RpcException(new Status(StatusCode.Unavailable, "connection refused")));
            return;
        }

        void Reset() => Down.Break(new RpcException(new Status(StatusCode.Unavailable, "connection reset")));
        server.Process.AtEnd(Reset);
        server.Process.Run(async () =>
        {
            var cancelled = new CancellationTokenSource();
            Up.Ended = problem =>
            {
                if (problem is not null)
                {
                    server.Process.Run(cancelled.Cancel);
                }
            };
            try
            {
                await server.ServeAsync(this, cancelled.Token);
                Down.Complete();
            }
            catch (Exception e) when (e is RpcException or OperationCanceledException or StorageException)
            {
                // As the gRPC server answers.
                var code = e is StorageException ? StatusCode.Unknown : StatusCode.Cancelled;
                Down.Break(e as RpcException ?? new RpcException(new Status(code, e.Message)));
            }
            finally
            {
                Up.Ended = null;
                server.Process.NotAtEnd(Reset);
            }
        });
    }
}

/// <summary>The reading end of a stream, as gRPC shows it.</summary>
internal sealed class PipeReader<T>(SimulatedPipe pipe, Func<byte[], T> parse) : IAsyncStreamReader<T>
    where T : class
{
    public T Current { get; private set; } = null!;

    public async Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        if (await pipe.ReceiveAsync(cancellationToken).ConfigureAwait(false) is not { } message)
        {
            return false;
        }

        Current = parse(message);
        return true;
    }
}

/// <summary>The writing end of a stream, as gRPC shows it.</summary>
/// <param name="pipe">Takes the messages.</param>
/// <param name="isClosed">Nothing can be written any more.</param>
/// <param name="written">Sees each message.</param>
internal sealed class PipeWriter<T>(SimulatedPipe pipe, Func<bool> isClosed, Action<T>? written = null) : IClientStreamWriter<T>, IServerStreamWriter<T>
    where T : IMessage
{
    public WriteOptions? WriteOptions { get; set; }

    public Task WriteAsync(T message)
    {
        if (isClosed())
        {
            throw new RpcException(new Status(StatusCode.Cancelled, "the call is over"));
        }

        written?.Invoke(message);
        pipe.Send(message.ToByteArray());
        return Task.CompletedTask;
    }

    public Task WriteAsync(T message, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return WriteAsync(message);
    }

    public Task CompleteAsync()
    {
        pipe.Complete();
        return Task.CompletedTask;
    }
}
