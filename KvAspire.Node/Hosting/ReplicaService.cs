using Grpc.Core;
using KvAspire.Node.Replication;
using KvAspire.Node.Storage;
using KvAspire.Protocol;

namespace KvAspire.Node.Hosting;

/// <summary>Takes calls of balancers and nodes to <see cref="ReplicaCore"/>. Decides nothing.</summary>
internal sealed class ReplicaService(ReplicaCore core, SlotCopier copier, NodeTelemetry telemetry, TimeProvider time) : Replica.ReplicaBase
{
    public override Task<DescribeReply> Describe(DescribeRequest request, ServerCallContext context) =>
        Guard(core.Describe);

    public override Task<ClaimReply> Claim(ClaimRequest request, ServerCallContext context) =>
        Guard(() => core.Claim(request));

    public override Task<SyncReply> Sync(SyncRequest request, ServerCallContext context) =>
        Guard(() =>
        {
            core.Sync();
            return new SyncReply();
        });

    public override Task<InstallReply> Install(InstallRequest request, ServerCallContext context) =>
        Guard(() => core.Install(request));

    public override Task<HeartbeatReply> Heartbeat(HeartbeatRequest request, ServerCallContext context) =>
        Guard(() => core.Heartbeat(request));

    public override Task<ReleaseLeaseReply> ReleaseLease(ReleaseLeaseRequest request, ServerCallContext context) =>
        Guard(() =>
        {
            core.ReleaseLease(request);
            return new ReleaseLeaseReply();
        });

    public override async Task Operate(
        IAsyncStreamReader<OperationBatch> requestStream,
        IServerStreamWriter<ResultBatch> responseStream,
        ServerCallContext context)
    {
        var isFirst = true;
        await foreach (var batch in requestStream.ReadAllAsync(context.CancellationToken))
        {
            if (isFirst && !core.IsMeantBy(batch.Target))
            {
                throw new RpcException(new Status(StatusCode.FailedPrecondition, "Meant for another incarnation of this node."));
            }

            isFirst = false;
            var spans = telemetry.StartSpans(batch.Operations);
            try
            {
                for (var answered = 0; answered < batch.Operations.Count;)
                {
                    // In parts, so that many large values are neither one message nor in memory together.
                    var results = core.Operate(batch.Epoch, batch.Operations, answered);
                    answered += results.Results.Count;
                    await responseStream.WriteAsync(results);
                }
            }
            finally
            {
                spans?.ForEach(span => span.Dispose());
                telemetry.CountOperations(batch.Operations);
            }
        }
    }

    public override Task CopySlots(
        CopySlotsRequest request, IServerStreamWriter<CopyProgress> responseStream, ServerCallContext context) =>
        core.IsMeantBy(request.Target)
            ? copier.CopyAsync(request, progress => responseStream.WriteAsync(progress), context.CancellationToken)
            : throw new RpcException(new Status(StatusCode.FailedPrecondition, "Meant for another incarnation of this node."));

    public override async Task ReadSlots(
        ReadSlotsRequest request, IServerStreamWriter<SlotChunk> responseStream, ServerCallContext context)
    {
        var throttle = new Throttle(0, request.Urgent, () => telemetry.Operations, time);
        foreach (var slot in request.Slots)
        {
            var complete = false;
            throttle.Begin();
            foreach (var chunk in core.ReadSlot(request.Epoch, slot))
            {
                await responseStream.WriteAsync(chunk, context.CancellationToken);
                complete = chunk.Last;
                await throttle.WaitAsync(0, context.CancellationToken);
                throttle.Begin();
            }

            if (!complete)
            {
                throw new RpcException(new Status(StatusCode.Aborted, $"Not in sync for slot {slot.Slot}."));
            }
        }
    }

    /// <summary>A failing medium reaches the caller as a status, not as a stack trace.</summary>
    private static Task<T> Guard<T>(Func<T> call)
    {
        try
        {
            return Task.FromResult(call());
        }
        catch (StorageException e)
        {
            throw new RpcException(new Status(StatusCode.DataLoss, e.Message));
        }
    }
}
