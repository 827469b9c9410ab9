using KvAspire.Node.Replication;
using KvAspire.Node.Storage;
using Microsoft.Extensions.Options;

namespace KvAspire.Node.Hosting;

/// <summary>
/// What a node does on its own: an fsync about each second, and the removal of old tombstones and expired entries.
/// </summary>
internal sealed partial class Upkeep(
    ReplicaCore core, IOptions<StorageOptions> options, TimeProvider time, ILogger<Upkeep> logger) : BackgroundService
{
    private static readonly TimeSpan SweepEvery = TimeSpan.FromSeconds(30);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(options.Value.SyncIntervalMilliseconds), time);
        var sweptAt = time.GetTimestamp();
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken) && core.Fault.Length == 0)
            {
                core.Sync();
                if (time.GetElapsedTime(sweptAt) < SweepEvery)
                {
                    continue;
                }

                sweptAt = time.GetTimestamp();
                if (core.Sweep(stoppingToken) is var removed and > 0)
                {
                    LogSwept(removed);
                }
            }

            // An operation has met the failure; what does so here throws.
            LogFault(core.Fault);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host is stopping.
        }
        catch (StorageException e)
        {
            LogFault(e.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Removed {Removed} tombstones and expired entries for good")]
    private partial void LogSwept(int removed);

    [LoggerMessage(Level = LogLevel.Critical, Message = "Storage failed, this node serves no data until it is started anew: {Fault}")]
    private partial void LogFault(string fault);
}
