extern alias node;

using Google.Protobuf;
using Grpc.Core;
using KvAspire.Node.Hosting;
using Wire = node::KvAspire.Protocol;

namespace KvAspire.Tests.Simulation;

/// <summary>What listens at a host: takes calls off the network to the node's gRPC service.</summary>
internal sealed class SimulatedServer(SimulatedProcess process, ReplicaService service)
{
    public SimulatedProcess Process => process;

    /// <summary>A call with one request and one reply. The service answers these at once.</summary>
    /// <exception cref="RpcException">As the service answers.</exception>
    public byte[] Handle(string method, byte[] request)
    {
        var context = new SimulatedServerCall(method, CancellationToken.None);
        return method switch
        {
            "Describe" => Finished(service.Describe(Wire.DescribeRequest.Parser.ParseFrom(request), context)),
            "Claim" => Finished(service.Claim(Wire.ClaimRequest.Parser.ParseFrom(request), context)),
            "Install" => Finished(service.Install(Wire.InstallRequest.Parser.ParseFrom(request), context)),
            "Heartbeat" => Finished(service.Heartbeat(Wire.HeartbeatRequest.Parser.ParseFrom(request), context)),
            "ReleaseLease" => Finished(service.ReleaseLease(Wire.ReleaseLeaseRequest.Parser.ParseFrom(request), context)),
            _ => throw new RpcException(new Status(StatusCode.Unimplemented, method)),
        };
    }

    /// <summary>A streaming call, until its end.</summary>
    public async Task ServeAsync(SimulatedCall call, CancellationToken cancellationToken)
    {
        var context = new SimulatedServerCall(call.Method, cancellationToken);
        bool IsOver() => cancellationToken.IsCancellationRequested;
        switch (call.Method)
        {
            case "Operate":
                await service.Operate(
                    new PipeReader<Wire.OperationBatch>(call.Up, Wire.OperationBatch.Parser.ParseFrom),
                    new PipeWriter<Wire.ResultBatch>(call.Down, IsOver),
                    context);
                break;
            case "CopySlots":
                var copy = Wire.CopySlotsRequest.Parser.ParseFrom(await call.Up.ReceiveAsync(cancellationToken));
                await service.CopySlots(copy, new PipeWriter<Wire.CopyProgress>(call.Down, IsOver), context);
                break;
            case "ReadSlots":
                var read = Wire.ReadSlotsRequest.Parser.ParseFrom(await call.Up.ReceiveAsync(cancellationToken));
                await service.ReadSlots(read, new PipeWriter<Wire.SlotChunk>(call.Down, IsOver), context);
                break;
            default:
                throw new RpcException(new Status(StatusCode.Unimplemented, call.Method));
        }
    }

    private static byte[] Finished<T>(Task<T> answer)
        where T : IMessage =>
        answer.IsCompleted ? answer.GetAwaiter().GetResult().ToByteArray() : throw new InvalidOperationException("The service waits where it should answer at once.");
}

/// <summary>The little that the service asks of the call it answers.</summary>
internal sealed class SimulatedServerCall(string method, CancellationToken cancellationToken) : ServerCallContext
{
    protected override string MethodCore => method;

    protected override string HostCore => "";

    protected override string PeerCore => "";

    protected override DateTime DeadlineCore => DateTime.MaxValue;

    protected override Metadata RequestHeadersCore => [];

    protected override CancellationToken CancellationTokenCore => cancellationToken;

    protected override Metadata ResponseTrailersCore => [];

    protected override Status StatusCore { get; set; }

    protected override WriteOptions? WriteOptionsCore { get; set; }

    protected override AuthContext AuthContextCore => throw new NotSupportedException();

    protected override ContextPropagationToken CreatePropagationTokenCore(ContextPropagationOptions? options) => throw new NotSupportedException();

    protected override Task WriteResponseHeadersAsyncCore(Metadata responseHeaders) => Task.CompletedTask;
}
