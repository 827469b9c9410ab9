using System.Diagnostics;
using KvAspire.Balancer.Cluster;
using KvAspire.Balancer.Coordination;
using KvAspire.Balancer.Store;
using KvAspire.Balancer.Transport;
using KvAspire.Protocol;

namespace KvAspire.Balancer.Replication;

/// <content>Reads.</content>
internal sealed partial class ReplicatedStore
{
    public async ValueTask<ReadOutcome> ReadAsync(ReadOnlyMemory<byte> key, CancellationToken cancellationToken)
    {
        var started = _time.GetTimestamp();
        var slot = Rendezvous.SlotOf(key.Span, _options.SlotCount);
        var parent = Activity.Current is { Recorded: true } activity ? activity.Context : default;
        var read = new ReadProgress();
        try
        {
            while (true)
            {
                var hadExpired = read.FoundExpired;
                if (await TryReadAsync(slot, key, read, parent, started, cancellationToken) is { } outcome)
                {
                    _telemetry.RecordRequest("read", outcome.Value is null ? "not_found" : "ok", _time.GetElapsedTime(started));
                    return outcome;
                }

                if (read.FoundExpired == hadExpired)
                {
                    // Looking once more at a value that has expired is no failover.
                    _telemetry.CountRetry();
                }
            }
        }
        catch (StoreUnavailableException e)
        {
            _telemetry.RecordRequest("read", e.Overloaded ? "overloaded" : "unavailable", _time.GetElapsedTime(started));
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
            var isQuiet = !_rules.ReadExpiredWhenQuiet || (read.FoundExpired && _coordinator.Filler.IsLevel(slot) && !_lines.IsBusy(slot, key));
            var link = _rules.ReadFromPrimary ? route.Primary : route.FarEnd!;
            var result = await SendAsync(link, link.Reads, serving.Epoch, OperationMessages.Read(slot, key), parent);
            if (StillCounts(serving))
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

    /// <summary>
    /// What a replica said under the view is true: nobody else has served since it was asked. The lease is looked at first: whoever has lost it and has
    /// another one since serves another view.
    /// </summary>
    private bool StillCounts(ServingView serving) =>
        (_coordinator.HoldsLease || !_rules.ReadUnderLease) && (_coordinator.Serving?.Epoch == serving.Epoch || !_rules.ReadUnderOneView);

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

    private sealed class ReadProgress
    {
        /// <summary>The value had expired; it has to be found so again with no write of the key in hand.</summary>
        public bool FoundExpired { get; set; }
    }
}
