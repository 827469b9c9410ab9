extern alias node;

using Google.Protobuf;
using Grpc.Core;
using KvAspire.Node.Hosting;
using KvAspire.Node.Replication;
using Wire = node::KvAspire.Protocol;

namespace KvAspire.Tests.Simulation;

/// <summary>What listens at a host: takes calls off the network to the node's gRPC service.</summary>
internal sealed class SimulatedServer(SimulatedProcess process, ReplicaCore core, ReplicaService service)
{
    public SimulatedProcess Process => process;

    /// <summary>A call with one request and one reply. The service answers these at once.</summary>
    /// <exception cref="RpcException">As the service answers.</exception>
    public Parcel Handle(string method, Parcel request)
    {
        var bytes = request.Bytes;
        var context = new SimulatedServerCall(method, CancellationToken.None);
        return method switch
        {
            "Describe" => Finished(service.Describe(Wire.DescribeRequest.Parser.ParseFrom(bytes), context)),
            "Claim" => Finished(service.Claim(Wire.ClaimRequest.Parser.ParseFrom(bytes), context)),
            "Sync" => Finished(service.Sync(Wire.SyncRequest.Parser.ParseFrom(bytes), context)),
            "Install" => Finished(Install(request, context)),
            "Heartbeat" => Finished(service.Heartbeat(Wire.HeartbeatRequest.Parser.ParseFrom(bytes), context)),
            "ReleaseLease" => Finished(service.ReleaseLease(Wire.ReleaseLeaseRequest.Parser.ParseFrom(bytes), context)),
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
                Wire.OperationBatch asked = new();
                await service.Operate(
                    new PipeReader<Wire.OperationBatch>(call.Up, bytes => asked = Wire.OperationBatch.Parser.ParseFrom(bytes)),
                    new PipeWriter<Wire.ResultBatch>(call.Down, IsOver, answered => Watch(asked, answered)),
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

    /// <summary>Whoever answers a read is the slot's primary in the view that it has, and in sync as the process it is.</summary>
    private void Watch(Wire.OperationBatch asked, Wire.ResultBatch answered)
    {
        var operations = asked.Operations.ToDictionary(o => o.Id);
        foreach (var result in answered.Results)
        {
            var operation = operations[result.Id];
            if (operation.Kind == Wire.OperationKind.Read
                && result.Status is Wire.ResultStatus.Ok or Wire.ResultStatus.NotFound
                && !IsPrimary(core.CurrentView.View, operation.Slot))
            {
                process.Scheduler.Log.Errors.Add($"{process.Host} answered a read of slot {operation.Slot}, for which it is not the primary in its view");
            }
        }
    }

    private bool IsPrimary(Wire.View? view, uint slot) =>
        view?.Slots[(int)slot].Chain is [var first, ..]
        && view.Members[(int)first] is { State: not Wire.MemberState.Down, DownSince: 0 } member
        && member.Name == core.Identity.Name
        && member.Incarnation.Equals(core.Identity.Incarnation);

    private Task<Wire.InstallReply> Install(Parcel parcel, ServerCallContext context)
    {
        var request = Wire.InstallRequest.Parser.ParseFrom(parcel.Bytes);
        request.View = parcel.View;
        return service.Install(request, context);
    }

    private static Parcel Finished<T>(Task<T> answer)
        where T : IMessage =>
        answer.IsCompleted ? SharedViews.Pack(answer.GetAwaiter().GetResult()) : throw new InvalidOperationException("The service waits where it should answer at once.");
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
