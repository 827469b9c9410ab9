using KvAspire.Node.Replication;
using KvAspire.Node.Storage;
using Microsoft.Extensions.Options;

namespace KvAspire.Node.Hosting;

/// <summary>
/// What a node does on its own: an fsync about each second, a watch that this ends, and beside that the removal of old tombstones and expired entries.
/// </summary>
internal sealed partial class Upkeep(
    ReplicaCore core, IOptions<StorageOptions> options, NodeTelemetry telemetry, TimeProvider time, ILogger<Upkeep> logger) : BackgroundService
{
    private static readonly TimeSpan SweepEvery = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan WatchEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ShortestHang = TimeSpan.FromSeconds(10);

    private long _seen = -1;
    private int _hanging;
    private int _isFaultLogged;

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(
        RepeatAsync(
            TimeSpan.FromMilliseconds(options.Value.SyncIntervalMilliseconds),
            // On a thread of its own: it may hang, and the watch goes on.
            () => Task.Run(core.Sync, CancellationToken.None),
            stoppingToken),
        RepeatAsync(WatchEvery, WatchAsync, stoppingToken),
        RepeatAsync(SweepEvery, () => SweepAsync(stoppingToken), stoppingToken));

    private async Task RepeatAsync(TimeSpan interval, Func<Task> work, CancellationToken stoppingToken)
    {
        await Task.Yield();
        using var timer = new PeriodicTimer(interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken) && core.Fault.Length == 0)
            {
                await work();
            }

            // An operation has met the failure; if this does, it throws.
            LogFaultOnce(core.Fault);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host is stopping.
        }
        catch (StorageException e)
        {
            LogFaultOnce(e.Message);
        }
    }

    /// <summary>
    /// Stops the node if what was written waits for a sync for ten intervals, and ten seconds at least. Looks are counted, not time: a process that
    /// was paused has not waited.
    /// </summary>
    private Task WatchAsync()
    {
        var synced = core.SyncsBehind;
        _hanging = synced is not null && synced == _seen ? _hanging + 1 : 0;
        _seen = synced ?? -1;
        var limit = TimeSpan.FromMilliseconds(10d * options.Value.SyncIntervalMilliseconds);
        if (_hanging * WatchEvery >= (limit > ShortestHang ? limit : ShortestHang))
        {
            core.StopHanging(_hanging * WatchEvery);
        }

        return Task.CompletedTask;
    }

    private async Task SweepAsync(CancellationToken stoppingToken)
    {
        var throttle = new Throttle(0, isUrgent: false, () => telemetry.Operations, time);
        var total = 0;
        throttle.Begin();
        foreach (var removed in core.Sweep())
        {
            total += removed;
            stoppingToken.ThrowIfCancellationRequested();
            await throttle.WaitAsync(0, stoppingToken);
            throttle.Begin();
        }

        if (total > 0)
        {
            LogSwept(total);
        }
    }

    private void LogFaultOnce(string fault)
    {
        if (Interlocked.Exchange(ref _isFaultLogged, 1) == 0)
        {
            LogFault(fault);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Removed {Removed} tombstones and expired entries for good")]
    private partial void LogSwept(int removed);

    [LoggerMessage(Level = LogLevel.Critical, Message = "Storage failed, this node serves no data until it is started anew: {Fault}")]
    private partial void LogFault(string fault);
}
