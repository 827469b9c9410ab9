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
/// Replicas that have it already say so. A write is never given up while this coordinator goes on; if another may have
/// served in between, its outcome is unknown and the client is told so.
/// </para>
/// </remarks>
internal sealed partial class ReplicatedStore : IKeyValueStore
{
    private readonly Coordinator _coordinator;
    private readonly WriteLines _lines;
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
        _lines = new WriteLines(RunAsync);
        coordinator.Lines = _lines;
    }

    public async ValueTask<WriteOutcome> WriteAsync(
        ReadOnlyMemory<byte> key, WriteCommand command, CancellationToken cancellationToken)
    {
        if (_lines.Count >= _options.MaxWritesInHand)
        {
            throw Overloaded("Too many writes are in hand");
        }

        var started = _time.GetTimestamp();
        var expiresAt = command.TimeToLive is { } ttl ? _coordinator.Clock.Now + (long)ttl.TotalMilliseconds : 0;
        var write = new PendingWrite(Rendezvous.SlotOf(key.Span), key, command, expiresAt);
        _lines.Add(write);
        try
        {
            var outcome = await write.Task.InContext().WaitAsync(_options.RequestTimeout, _time, cancellationToken);
            _telemetry.RecordRequest("write", outcome.Passed ? "ok" : "not_passed", _time.GetElapsedTime(started));
            return outcome;
        }
        catch (Exception e) when (e is TimeoutException or StoreUnavailableException)
        {
            _telemetry.RecordRequest("write", "unavailable", _time.GetElapsedTime(started));
            throw e as StoreUnavailableException ?? new StoreUnavailableException(
                $"The write was not acknowledged within {_options.RequestTimeout.TotalSeconds:0} s; it may still take effect. Read the key before you repeat it.",
                TimeSpan.FromSeconds(1))
            { OutcomeUnknown = true };
        }
    }

    public async ValueTask<ReadOutcome> ReadAsync(ReadOnlyMemory<byte> key, CancellationToken cancellationToken)
    {
        var started = _time.GetTimestamp();
        var slot = Rendezvous.SlotOf(key.Span);
        var parent = Activity.Current is { Recorded: true } activity ? activity.Context : default;
        var read = new ReadProgress();
        try
        {
            while (true)
            {
                if (await TryReadAsync(slot, key, read, parent, started, cancellationToken) is { } outcome)
                {
                    _telemetry.RecordRequest("read", outcome.Value is null ? "not_found" : "ok", _time.GetElapsedTime(started));
                    return outcome;
                }

                _telemetry.CountRetry();
            }
        }
        catch (StoreUnavailableException)
        {
            _telemetry.RecordRequest("read", "unavailable", _time.GetElapsedTime(started));
            throw;
        }
    }

    /// <summary>One attempt under one view; null to begin again.</summary>
    private async ValueTask<ReadOutcome?> TryReadAsync(
        int slot, ReadOnlyMemory<byte> key, ReadProgress read, ActivityContext parent, long started, CancellationToken cancellationToken)
    {
        var serving = await ServingAsync(started, cancellationToken);
        var route = serving.RouteOf(slot);
        if (route.Primary is null)
        {
            throw Unserved(serving.View, slot, outcomeUnknown: false);
        }

        try
        {
            // In this order: a write that begins after the second line is judged by a later clock than this read.
            var now = _coordinator.Clock.Now;
            var isQuiet = read.FoundExpired && _coordinator.Filler.IsLevel(slot) && !_lines.IsBusy(slot, key);
            var result = await SendAsync(route.Primary, route.Primary.Reads, serving.Epoch, OperationMessages.Read(slot, key), parent);
            if (_coordinator.Serving?.Epoch == serving.Epoch && _coordinator.HoldsLease)
            {
                if (isQuiet || !HasExpired(result, now))
                {
                    return new ReadOutcome(LiveValue(result, now), route.InSync, serving.View.ReplicationFactor);
                }

                if (!read.FoundExpired)
                {
                    read.FoundExpired = true;
                    return null;
                }
            }

            // Late: the view may have changed while the answer was under way, or the lease has to be renewed first. Or a
            // write of the key is in hand.
            await PauseAsync(serving, started, cancellationToken);
        }
        catch (QueueFullException e)
        {
            throw Overloaded(e.Message.TrimEnd('.'));
        }
        catch (ReplicaFailedException e)
        {
            _coordinator.ReportFailure(serving, e.Link);
            await WaitForNextAsync(serving, started, cancellationToken);
        }

        return null;
    }

    private static bool HasExpired(Result result, long now) =>
        result is { Status: ResultStatus.Ok, Entry: { ExpiresAt: not 0 } entry } && entry.ExpiresAt <= now;

    private static StoredValue? LiveValue(Result result, long now)
    {
        if (result.Status != ResultStatus.Ok || result.Entry is not { } entry || HasExpired(result, now))
        {
            return null;
        }

        return new StoredValue(
            new EntryVersion(entry.VersionEpoch, entry.VersionCounter),
            entry.Value.Memory,
            entry.ContentType,
            entry.ExpiresAt == 0 ? null : DateTimeOffset.FromUnixTimeMilliseconds(entry.ExpiresAt));
    }

    /// <summary>Runs a write to its end; its task then has the outcome. Never throws.</summary>
    private async Task RunAsync(PendingWrite write)
    {
        try
        {
            while (true)
            {
                if (await TryWriteAsync(write) is { } outcome)
                {
                    write.TrySetResult(outcome);
                    return;
                }

                _telemetry.CountRetry();
            }
        }
        catch (StoreUnavailableException e)
        {
            write.TrySetException(e);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            LogUnexpected(e);
            write.TrySetException(new StoreUnavailableException("The write failed unexpectedly; it may have taken effect.", TimeSpan.FromSeconds(1))
            {
                OutcomeUnknown = true,
            });
        }
    }

    /// <summary>One attempt under one view; null to begin again.</summary>
    private async Task<WriteOutcome?> TryWriteAsync(PendingWrite write)
    {
        var wasSent = write.Version != default;
        ServingView serving;
        try
        {
            serving = await _coordinator.ServingAsync(CancellationToken.None);
        }
        catch (StoreUnavailableException e) when (wasSent)
        {
            throw new StoreUnavailableException(e.Message, e.RetryAfter) { OutcomeUnknown = true, WaitingFor = e.WaitingFor };
        }

        var route = serving.RouteOf(write.Slot);
        if (route.FarEnd is null)
        {
            throw Unserved(serving.View, write.Slot, wasSent);
        }

        _lines.GiveVersion(write, _coordinator.NextVersion);
        if (write.Version == default)
        {
            return null;
        }

        if (write.Reign != _coordinator.Reign)
        {
            throw new StoreUnavailableException(
                "Another balancer served for a while; the write may or may not have taken effect. Read the key before you repeat it.",
                TimeSpan.FromSeconds(1))
            { OutcomeUnknown = true };
        }

        try
        {
            return await WriteChainAsync(write, serving, route);
        }
        catch (ReplicaFailedException e)
        {
            _coordinator.ReportFailure(serving, e.Link);
            await serving.Superseded;
        }

        return null;
    }

    private async Task<WriteOutcome> WriteChainAsync(PendingWrite write, ServingView serving, SlotRoute route)
    {
        var entry = OperationMessages.EntryOf(write);
        var filling = write.IsPlain ? FillAsync(write, entry, serving, route) : null;
        var condition = OperationMessages.ConditionOf(write, _coordinator.Clock.Now);
        var decided = await SendWriteAsync(route.FarEnd!, serving, write, entry, condition);
        if (decided.Status == ResultStatus.NotPassed)
        {
            await BringToLightAsync(write, decided.Entry, serving, route);
            return new WriteOutcome(false, default, decided.Existed, route.InSync, serving.View.ReplicationFactor);
        }

        write.Existed ??= decided.Existed;
        filling ??= FillAsync(write, entry, serving, route);
        foreach (var link in route.Between)
        {
            await SendWriteAsync(link, serving, write, entry);
        }

        await filling;
        return new WriteOutcome(true, write.Version, ExistedBefore(write), route.InSync, serving.View.ReplicationFactor);
    }

    /// <summary>
    /// A condition that held says it better than the far end, which takes a write that it is sent again for what was there
    /// before.
    /// </summary>
    private static bool ExistedBefore(PendingWrite write) => write.Command.Condition?.Kind switch
    {
        WriteConditionKind.Exists or WriteConditionKind.MatchesAny => true,
        WriteConditionKind.Absent => false,
        _ => write.Merged is [.., var last] ? last.Command.Value is not null : write.Existed ?? false,
    };

    private Task FillAsync(PendingWrite write, Entry entry, ServingView serving, SlotRoute route) =>
        route.Filling.Length == 0
            ? Task.CompletedTask
            : Task.WhenAll(route.Filling.Select(link => SendWriteAsync(link, serving, write, entry)));

    /// <summary>
    /// What stood in the way of a condition may be a write of a former coordinator that only the far end has and nobody
    /// can see yet. It must be seen before anybody is told that the condition failed because of it: it is carried, with its own
    /// version, to the primary. On a level chain there is no such write.
    /// </summary>
    private async Task BringToLightAsync(PendingWrite write, Entry? obstacle, ServingView serving, SlotRoute route)
    {
        if (obstacle is null || _coordinator.Filler.IsLevel(write.Slot))
        {
            return;
        }

        var entry = obstacle.Clone();
        entry.Key = OperationMessages.EntryOf(write).Key;
        foreach (var link in route.Between)
        {
            await SendWriteAsync(link, serving, write, entry);
        }
    }

    /// <summary>Waits while the queue is full: a write that has begun must end.</summary>
    private async Task<Result> SendWriteAsync(
        ReplicaLink link, ServingView serving, PendingWrite write, Entry entry, Condition? condition = null)
    {
        while (true)
        {
            try
            {
                var operation = OperationMessages.Write(write.Slot, entry, condition);
                return await SendAsync(link, link.Writes, serving.Epoch, operation, write.TraceParent);
            }
            catch (QueueFullException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(5), _time);
            }
        }
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
            return result.Status is ResultStatus.Ok or ResultStatus.NotFound or ResultStatus.NotPassed
                ? result
                : throw new ReplicaFailedException(link);
        }
        catch (NodeUnreachableException)
        {
            span?.SetStatus(ActivityStatusCode.Error);
            throw new ReplicaFailedException(link);
        }
    }

    private async ValueTask<ServingView> ServingAsync(long started, CancellationToken cancellationToken)
    {
        if (_coordinator.Serving is { } serving)
        {
            return serving;
        }

        using var late = new CancellationTokenSource(Remaining(started), _time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        try
        {
            return await _coordinator.ServingAsync(limit.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw TimedOut();
        }
    }

    private async Task WaitForNextAsync(ServingView serving, long started, CancellationToken cancellationToken)
    {
        try
        {
            await serving.Superseded.WaitAsync(Remaining(started), _time, cancellationToken);
        }
        catch (TimeoutException)
        {
            throw TimedOut();
        }
    }

    private async Task PauseAsync(ServingView serving, long started, CancellationToken cancellationToken)
    {
        if (Remaining(started) <= TimeSpan.Zero)
        {
            throw TimedOut();
        }

        await Task.WhenAny(serving.Superseded, Task.Delay(TimeSpan.FromMilliseconds(20), _time, cancellationToken));
        cancellationToken.ThrowIfCancellationRequested();
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
            : "All copies of this key are lost: the nodes that held it came back without their data. An operator has to decide how to go on.";
        return new StoreUnavailableException(message, TimeSpan.FromSeconds(2)) { WaitingFor = away, OutcomeUnknown = outcomeUnknown };
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "A write failed unexpectedly")]
    private partial void LogUnexpected(Exception e);

    private sealed class ReadProgress
    {
        /// <summary>The value had expired; it has to be found so again with no write of the key in hand.</summary>
        public bool FoundExpired { get; set; }
    }
}
