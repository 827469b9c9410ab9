using KvAspire.Balancer.Cluster;
using KvAspire.Balancer.Coordination;
using KvAspire.Balancer.Store;
using KvAspire.Balancer.Transport;
using KvAspire.Protocol;

namespace KvAspire.Balancer.Replication;

/// <content>Writes.</content>
internal sealed partial class ReplicatedStore
{
    public async ValueTask<WriteOutcome> WriteAsync(
        ReadOnlyMemory<byte> key, WriteCommand command, CancellationToken cancellationToken)
    {
        // A single write may be as large as it likes: what is too large was refused before.
        if (_lines.Count >= _options.MaxWritesInHand || _lines.Bytes >= _options.MaxBytesInHand)
        {
            _telemetry.RecordRequest("write", "overloaded", TimeSpan.Zero);
            throw Overloaded("Too many writes are in hand");
        }

        var started = _time.GetTimestamp();
        var expiresAt = command.TimeToLive is { } ttl ? _coordinator.Clock.Now + (long)ttl.TotalMilliseconds : 0;
        var write = new PendingWrite(Rendezvous.SlotOf(key.Span, _options.SlotCount), key, command, expiresAt);
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
    /// <exception cref="StoreUnavailableException">It is given up.</exception>
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

        if (!_rules.OneVersionForLife)
        {
            write.Version = default;
        }

        _lines.GiveVersion(write, _coordinator.NextVersion);
        if (write.Version == default)
        {
            return null;
        }

        if (write.Reign != _coordinator.Reign && _rules.GiveUpAfterOthers)
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

    /// <summary>Null if the far end's word does not count any more.</summary>
    private async Task<WriteOutcome?> WriteChainAsync(PendingWrite write, ServingView serving, SlotRoute route)
    {
        var entry = OperationMessages.EntryOf(write);
        var filling = write.IsPlain ? FillAsync(write, entry, serving, route) : null;
        if (write.JudgedAt is null || !_rules.JudgeByOneTime)
        {
            write.JudgedAt = _coordinator.Clock.Now;
        }

        var condition = OperationMessages.ConditionOf(write, write.JudgedAt.Value);
        if (!_rules.PrimaryLast && write.IsPlain)
        {
            await SendWriteAsync(route.Primary!, serving, write, entry);
        }

        var judge = _rules.JudgeAtFarEnd || write.IsPlain ? route.FarEnd! : route.Primary!;
        var decided = await SendWriteAsync(judge, serving, write, entry, condition);
        if (decided.Status == ResultStatus.NotPassed)
        {
            await BringToLightAsync(write, decided.Entry, serving, route);
            if (!StillCounts(serving) && _rules.JudgeUnderLease)
            {
                // Another coordinator may have changed the key, with a chain that the far end is not part of. What passes needs no such look: then
                // the whole chain has it.
                await Task.WhenAny(serving.Superseded, Task.Delay(TimeSpan.FromMilliseconds(20), _time));
                return null;
            }

            return new WriteOutcome(false, default, decided.Existed, route.InSync, serving.View.ReplicationFactor);
        }

        write.Existed ??= decided.Existed;
        filling ??= FillAsync(write, entry, serving, route);
        if (judge != route.FarEnd)
        {
            await SendWriteAsync(route.FarEnd!, serving, write, entry);
        }

        foreach (var link in route.Between)
        {
            await SendWriteAsync(link, serving, write, entry);
        }

        await (_rules.AwaitCatchingUp ? filling : Task.CompletedTask);
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
        if (obstacle is null || _coordinator.Filler.IsLevel(write.Slot) || !_rules.BringToLight)
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
            catch (ReplicaFailedException) when (!_rules.ShrinkBeforeAcknowledging && write.IsPlain && link != serving.RouteOf(write.Slot).Primary)
            {
                _coordinator.ReportFailure(serving, link);
                return new Result { Status = ResultStatus.Ok };
            }
        }
    }
}
