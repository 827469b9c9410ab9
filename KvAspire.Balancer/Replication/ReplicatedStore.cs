using System.Diagnostics;
using KvAspire.Balancer.Cluster;
using KvAspire.Balancer.Coordination;
using KvAspire.Balancer.Store;
using KvAspire.Balancer.Transport;
using KvAspire.Protocol;
using Microsoft.Extensions.Options;
using View = KvAspire.Balancer.Cluster.View;

namespace KvAspire.Balancer.Replication;

/// <summary>
/// What a read and a write touch, and in which order.
/// </summary>
/// <remarks>
/// <para>
/// <b>Write</b> (chain replication, van Renesse and Schneider 2004, driven from outside the chain): first the far end of
/// the in-sync chain, which judges the condition; then its neighbours one by one, the primary last; replicas that are being
/// filled take it meanwhile. Acknowledged when all have it. So each replica holds at least what those nearer to the
/// primary hold, and whatever the primary shows is on every in-sync replica.
/// </para>
/// <para>
/// <b>Read</b>: from the primary only. It counts if, when the answer arrives, its view is still in force and the lease holds.
/// </para>
/// <para>
/// <b>Expiry</b> is judged by the clock of when the read was sent. A write whose condition held because of a value may be on its
/// way to the primary while that value expires there. Nobody may read "absent" in between: such a write then took
/// effect on a key that was gone. So a read that finds an expired value is repeated once no write of the key is in hand.
/// </para>
/// <para>
/// <b>Failure</b> of a replica: the operation waits for the next view and begins again there, with the version that it has.
/// Replicas that have it already say so. A write is not given up while this coordinator goes on and a replica of the slot is left;
/// if another may have served in between, its outcome is unknown and the client is told so.
/// </para>
/// </remarks>
internal sealed partial class ReplicatedStore : IKeyValueStore
{
    private readonly Coordinator _coordinator;
    private readonly WriteLines _lines;
    private readonly ProtocolRules _rules;
    private readonly ClusterOptions _options;
    private readonly TimeProvider _time;
    private readonly BalancerTelemetry _telemetry;
    private readonly ILogger<ReplicatedStore> _logger;

    public ReplicatedStore(
        Coordinator coordinator,
        IOptions<ClusterOptions> options,
        TimeProvider time,
        BalancerTelemetry telemetry,
        ILogger<ReplicatedStore> logger)
    {
        _coordinator = coordinator;
        _options = options.Value;
        _time = time;
        _telemetry = telemetry;
        _logger = logger;
        _rules = coordinator.Rules;
        _lines = new WriteLines(RunAsync, _options.SlotCount, _rules.OneWriteInHand);
        coordinator.Lines = _lines;
    }

    /// <summary>Sends one operation; only an answer that counts comes back.</summary>
    private async Task<Result> SendAsync(
        ReplicaLink link, IReplicaChannel channel, Epoch epoch, Operation operation, ActivityContext parent)
    {
        using var span = _telemetry.StartReplicaSpan(
            operation.Kind == OperationKind.Write ? "replica write" : "replica read", link.Node, (int)operation.Slot, parent);
        operation.Traceparent = span?.Id ?? "";
        try
        {
            var result = await channel.SendAsync(epoch, operation);
            if (result.Status is ResultStatus.Ok or ResultStatus.NotFound or ResultStatus.NotPassed)
            {
                return result;
            }

            BalancerTelemetry.Fail(span, result.Status == ResultStatus.Fault ? "fault" : "refused");
        }
        catch (NodeUnreachableException)
        {
            BalancerTelemetry.Fail(span, "unreachable");
        }

        throw new ReplicaFailedException(link);
    }

    private TimeSpan Remaining(long started)
    {
        var left = _options.RequestTimeout - _time.GetElapsedTime(started);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    private StoreUnavailableException TimedOut() =>
        new($"No replica could answer within {_options.RequestTimeout.TotalSeconds:0} s. Try again.", TimeSpan.FromSeconds(1));

    private static StoreUnavailableException Overloaded(string what) =>
        new($"{what}. Try again later.", TimeSpan.FromSeconds(1)) { Overloaded = true };

    private static StoreUnavailableException Unserved(View view, int slot, bool outcomeUnknown)
    {
        var away = view.Slots[slot].Chain.Where(n => !view.IsUp(n)).ToList();
        var message = away.Count > 0
            ? $"All copies of this key are on nodes that are away: {string.Join(", ", away)}. It can be read again when one of them is back."
            : "All copies of this key are lost: the nodes that held it came back without their data. POST /cluster/nodes/{name}/forget with one of their names gives up on what was there.";
        return new StoreUnavailableException(message, TimeSpan.FromSeconds(2)) { WaitingFor = away, OutcomeUnknown = outcomeUnknown };
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "A write failed unexpectedly")]
    private partial void LogUnexpected(Exception e);
}
