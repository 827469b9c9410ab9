extern alias node;

using KvAspire.Node.Hosting;
using KvAspire.Node.Replication;
using KvAspire.Node.Storage;
using KvAspire.Tests.Storage;

namespace KvAspire.Tests.Simulation;

/// <summary>A node with its disk: the disk outlives the processes that are started on it one after another.</summary>
/// <param name="name">Its name.</param>
/// <param name="network">Connects it.</param>
/// <param name="fsync">When it syncs what it stores.</param>
/// <param name="rules">The rules that hold.</param>
/// <param name="stored">Told of each entry that is stored on a disk of it.</param>
internal sealed class SimulatedNode(string name, SimulatedNetwork network, FsyncMode fsync, SimulatedRules rules, Action<StoredEntry> stored)
{
    private static readonly TimeSpan FsyncEvery = TimeSpan.FromSeconds(1);
    private const int SweepEveryNth = 3;

    private UnsyncedTailEngine _disk = NewDisk(network, stored);
    private FailingEngine? _mounted;
    private int _stores = 1;
    private ulong _starts;
    private ulong _wholeSince;

    public string Name => name;

    public SimulatedProcess? Process { get; private set; }

    public ReplicaCore? Core { get; private set; }

    /// <summary>The id of its present directory.</summary>
    public string Store => $"store-{name}-{_stores}";

    public bool IsUp => Process is { IsAlive: true };

    public bool IsDiskFailing { get; private set; }

    /// <summary>How often it has lost power.</summary>
    public int PowerLosses { get; private set; }

    /// <summary>All that it had taken by then was on the medium when it last lost power.</summary>
    public TimeSpan KeptUntil { get; private set; }

    public IStorageEngine Disk => _disk;

    public void Start()
    {
        var scheduler = network.Scheduler;
        var process = Process = new SimulatedProcess(name, scheduler);
        scheduler.Log.Write(name, "starts");
        var identity = new NodeIdentity(name, Store, ++_starts, _wholeSince);
        var disk = _mounted = new FailingEngine(_disk);
        IsDiskFailing = false;
        Core = null;
        process.Run(() =>
        {
            var core = Core = new ReplicaCore(identity, disk, fsync, process.Time, rules.Node);
            var telemetry = new NodeTelemetry(core);
            process.AtEnd(telemetry.Dispose);
            var secret = new SharedSecret("");
            var copier = new SlotCopier(
                core, new SimulatedNodeConnections(network, process), secret, telemetry, process.Time, new SimulatedLogger<SlotCopier>(process));
            network.Listen(new SimulatedServer(process, core, new ReplicaService(core, copier, telemetry, process.Time)));
            _ = UpkeepAsync(core, process);
        });
    }

    public void Kill()
    {
        network.Scheduler.Log.Write(name, "is killed");
        network.Scheduler.Log.CountFault("node killed");
        Process?.Kill();
    }

    /// <summary>Takes what was not synced, but for a first part of it.</summary>
    /// <param name="keep">So many batches are kept; drawn if not given.</param>
    public void PowerCut(int? keep = null)
    {
        var kept = keep ?? network.Scheduler.Random.Next(_disk.Unsynced + 1);
        network.Scheduler.Log.Write(name, $"loses power: {_disk.Unsynced - kept} batches are lost");
        network.Scheduler.Log.CountFault("power cut");
        Process?.Kill();
        PowerLosses++;
        KeptUntil = _disk.SyncedAt;
        _disk.PowerCut(kept);
        _wholeSince = fsync == FsyncMode.Always ? 0 : _starts + 1;
    }

    /// <summary>The medium fails from now on, until the next start.</summary>
    public void FailDisk()
    {
        network.Scheduler.Log.Write(name, "has a failing disk");
        network.Scheduler.Log.CountFault("disk failing");
        IsDiskFailing = true;
        _mounted?.FailNow();
    }

    /// <summary>The next start finds an empty directory. Call what it gives to put the old disk back instead, with the node stopped.</summary>
    public Action Wipe()
    {
        var (disk, stores, starts, wholeSince) = (_disk, _stores, _starts, _wholeSince);
        network.Scheduler.Log.Write(name, "loses its disk");
        network.Scheduler.Log.CountFault("disk lost");
        Process?.Kill();
        _disk = NewDisk(network, stored);
        _stores++;
        _starts = 0;
        _wholeSince = 0;
        return () =>
        {
            network.Scheduler.Log.Write(name, "has its old disk again");
            (_disk, _stores, _starts, _wholeSince) = (disk, stores, starts, wholeSince);
        };
    }

    private static UnsyncedTailEngine NewDisk(SimulatedNetwork network, Action<StoredEntry> stored) =>
        new() { Stored = stored, Clock = () => network.Scheduler.Now };

    private static async Task UpkeepAsync(ReplicaCore core, SimulatedProcess process)
    {
        for (var n = 1; core.Fault.Length == 0; n++)
        {
            await Task.Delay(FsyncEvery, process.Time);
            try
            {
                core.Sync();
                if (n % SweepEveryNth == 0)
                {
                    _ = core.Sweep().Sum();
                }
            }
            catch (StorageException)
            {
                // The node has stopped serving.
            }
        }
    }
}
