using Grpc.Core;
using KvAspire.Node.Replication;
using KvAspire.Protocol;

namespace KvAspire.Node.Hosting;

/// <summary>Fills slots of this node from another one, at most at the rate it is given.</summary>
internal sealed partial class SlotCopier(
    ReplicaCore core,
    INodeConnections connections,
    SharedSecret secret,
    NodeTelemetry telemetry,
    TimeProvider time,
    ILogger<SlotCopier> logger)
{
    private const int SlotsPerCall = 64;

    /// <summary>
    /// Copies the slots in order and reports each one that is complete. Slots that are no longer this node's to fill
    /// are passed over in silence: the coordinator knows why.
    /// </summary>
    /// <exception cref="RpcException">The source failed, or is not in sync; what was reported stays good.</exception>
    public async Task CopyAsync(CopySlotsRequest request, Func<CopyProgress, Task> report, CancellationToken cancellationToken)
    {
        var client = new Replica.ReplicaClient(connections.To(request.SourceAddress));
        var throttle = new Throttle(request.BytesPerSecond, request.Urgent, () => telemetry.Operations, time);
        using var span = telemetry.StartCopySpan(request);
        long entries = 0;
        long truncated = 0;
        foreach (var group in request.Slots.Chunk(SlotsPerCall))
        {
            var progress = new Dictionary<uint, CopyProgress>();
            var read = new ReadSlotsRequest { Epoch = request.Epoch, Urgent = request.Urgent };
            foreach (var copy in group)
            {
                // A slot that is truncated is looked through, which takes the disk from clients: not for many slots in a row.
                throttle.Begin();
                if (core.BeginCopy((int)copy.Slot, copy.Joined, out var dropped, request.Epoch) is { } slotRead)
                {
                    read.Slots.Add(slotRead);
                    progress[copy.Slot] = new CopyProgress { Slot = copy.Slot, Joined = copy.Joined, Truncated = (ulong)dropped };
                }

                await throttle.WaitAsync(0, cancellationToken);
            }

            using var call = client.ReadSlots(read, secret.Headers(), cancellationToken: cancellationToken);
            await foreach (var chunk in call.ResponseStream.ReadAllAsync(cancellationToken))
            {
                throttle.Begin();
                var slot = progress[chunk.Slot];
                if (!core.Absorb((int)chunk.Slot, slot.Joined, chunk.Entries, request.Epoch))
                {
                    throw new RpcException(new Status(StatusCode.Aborted, $"Slot {chunk.Slot} is no longer to be filled here."));
                }

                var size = (ulong)chunk.CalculateSize();
                slot.Entries += (ulong)chunk.Entries.Count;
                slot.Bytes += size;
                telemetry.CountCopied(chunk.Entries.Count);
                if (chunk.Last)
                {
                    entries += (long)slot.Entries;
                    truncated += (long)slot.Truncated;
                    await report(slot);
                }

                await throttle.WaitAsync(size, cancellationToken);
            }
        }

        span?.SetTag("kvaspire.entries", entries);
        if (entries > 0 || truncated > 0)
        {
            LogCopied(request.Slots.Count, request.Source, entries, truncated);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Took {Slots} slots from {Source}: {Entries} entries streamed, {Truncated} possibly unacknowledged ones dropped first")]
    private partial void LogCopied(int slots, string source, long entries, long truncated);
}
