using KvAspire.Node.Replication;
using KvAspire.Node.Storage;

namespace KvAspire.Node.Hosting;

/// <summary>
/// What a node does on its own: an fsync about each second, and the removal of old tombstones and expired entries.
/// </summary>
internal sealed partial class Upkeep(ReplicaCore core, TimeProvider time, ILogger<Upkeep> logger) : BackgroundService
{
    private static readonly TimeSpan FsyncEvery = TimeSpan.FromSeconds(1);
    private const int SweepEveryNth = 30;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        using var timer = new PeriodicTimer(FsyncEvery, time);
        try
        {
            for (var n = 1; await timer.WaitForNextTickAsync(stoppingToken) && core.Fault.Length == 0; n++)
            {
                core.Sync();
                if (n % SweepEveryNth == 0 && core.Sweep(stoppingToken) is var removed and > 0)
                {
                    LogSwept(removed);
                }
            }
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
