using KvAspire.Node.Replication.Records;
using KvAspire.Node.Storage;
using KvAspire.Protocol;

namespace KvAspire.Node.Replication;

/// <summary>
/// The node's side of the protocol: what it promised, the view it obeys, and its entries.
/// </summary>
/// <remarks>
/// <para>
/// A node decides little. It promises a term to one coordinator (as in Raft), obeys the view that coordinator
/// installs, and refuses every request of another epoch, for another incarnation of itself, or for a slot that its
/// view does not give it. All that makes the cluster safe across crashes is written here before it is answered:
/// the promise, the view (with an fsync, which also makes everything acknowledged before durable), and, per slot, the
/// sync point (<see cref="SyncPoints"/>).
/// </para>
/// <para>
/// The life of a slot on a node: nothing → catching up → in sync → nothing. Steps that destroy data (dropping what was
/// possibly never acknowledged, purging a slot that moved away) wait until the view that asks for them is known to be
/// committed: a deposed coordinator's last proposal must not cost a last holder its data. A request under a view's
/// epoch is such proof, since a coordinator sends none before it committed the view; so is a heartbeat that names it.
/// </para>
/// <para>
/// Everything here is synchronous and takes its clock from outside; <see cref="Hosting.ReplicaService"/> does the
/// talking. One lock guards all changes; reads of entries take none: they use the view as of one moment, and the
/// coordinator discards answers of a view that is no longer its own.
/// </para>
/// </remarks>
internal sealed partial class ReplicaCore
{
    /// <summary>The most that a store has; fixed for its life.</summary>
    public const int SlotCount = 1024;

    private const string PromiseName = "promise";
    private const string ViewName = "view";
    private const string CommittedName = "committed";
    private const string SyncPointsName = "sync-points";
    private const string LeaseLengthName = "lease-ms";
    private const string ClockName = "clock";
    private static readonly TimeSpan LongestUsualLease = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly NodeIdentity _identity;
    private readonly IStorageEngine _engine;
    private readonly FsyncMode _fsync;
    private readonly TimeProvider _time;
    private readonly ReplicaRules _rules;
    private readonly Lease _lease;
    private readonly SyncPoints _syncPoints = new();

    /// <summary>Per slot, the view for which truncation is done; written under the lock.</summary>
    private readonly ulong[] _truncatedFor = new ulong[SlotCount];

    /// <summary>Per slot, whether entries may be there; written under the lock.</summary>
    private readonly bool[] _mayHold = new bool[SlotCount];

    /// <summary>Per slot, from when on an entry there may be swept: 0 if there may be tombstones; written under the lock.</summary>
    private readonly long[] _endsAt = new long[SlotCount];

    /// <summary>
    /// The last sync point that was told for all slots of this node, and the view under which; and the last one that a power cut
    /// would leave. Guarded by the lock.
    /// </summary>
    private (ulong View, EntryVersion SyncPoint) _told;
    private (ulong View, EntryVersion SyncPoint) _durable;
    private PromiseRecord _promise = new();
    private long _leaseLengthMs;
    private long _clock;

    /// <summary>Replaced as a whole under the lock; read by anyone.</summary>
    private volatile InstalledView _view = InstalledView.None;
    private volatile bool _committed;
    private volatile string _fault = "";

    /// <summary>Loads what the node promised in its former life.</summary>
    /// <exception cref="StorageException">The engine cannot be read.</exception>
    public ReplicaCore(NodeIdentity identity, IStorageEngine engine, FsyncMode fsync, TimeProvider time, ReplicaRules? rules = null)
    {
        _identity = identity;
        _engine = FailStopEngine.Around(engine, Stop);
        _fsync = fsync;
        _time = time;
        _rules = rules ?? ReplicaRules.All;
        _lease = new Lease(time);
        for (var slot = 0; slot < SlotCount; slot++)
        {
            _mayHold[slot] = _engine.ScanHeaders(slot).Any();
            _endsAt[slot] = _mayHold[slot] ? 0 : long.MaxValue;
            _droppedRecords[slot] = DroppedRecords(slot).Count();
        }

        if (engine.GetMetadata(PromiseName) is { } promise)
        {
            _promise = PromiseRecord.Parser.ParseFrom(promise);
        }

        if (engine.GetMetadata(SyncPointsName) is { } points)
        {
            _syncPoints.Load(points);
        }

        if (engine.GetMetadata(ClockName) is { } clock)
        {
            _clock = BitConverter.ToInt64(clock);
        }

        if (engine.GetMetadata(ViewName) is { } view)
        {
            _view = Read(View.Parser.ParseFrom(view));
            _committed = engine.GetMetadata(CommittedName) is { } epoch && BitConverter.ToUInt64(epoch) == _view.Epoch;
        }

        if (engine.GetMetadata(LeaseLengthName) is { } length)
        {
            _leaseLengthMs = BitConverter.ToInt64(length);
        }

        // A node that has promised something may have given a lease, too, even if a power cut took the note of its length.
        if (_promise.Term != 0 && _rules.GuardForgottenLease)
        {
            _lease.StartUnknown(_leaseLengthMs > 0 ? TimeSpan.FromMilliseconds(_leaseLengthMs) : LongestUsualLease);
        }
    }

    public NodeIdentity Identity => _identity;

    public InstalledView CurrentView => _view;

    /// <summary>Why the node serves no data any more; empty if it does.</summary>
    public string Fault => _fault;

    public (long Entries, long Bytes) Estimate() => _engine.Estimate();

    private NodeStatistics Statistics()
    {
        var statistics = new NodeStatistics { Engine = _engine.Name };
        try
        {
            if (_fault.Length == 0)
            {
                var (entries, bytes) = _engine.Estimate();
                statistics.Entries = (ulong)entries;
                statistics.Bytes = (ulong)bytes;
            }
        }
        catch (StorageException)
        {
            // The answer says that the node has stopped, and why.
        }

        return statistics;
    }

    /// <summary>It is this very life of the node that is asked.</summary>
    public bool IsMeantBy(Incarnation? target) => !_rules.FenceIncarnations || _identity.Incarnation.Equals(target);

    private InstalledView Read(View view) =>
        InstalledView.Read(view, _identity.Name, _rules.HaveRoleByIncarnation ? _identity.Incarnation : null);
}
