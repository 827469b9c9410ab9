using System.Collections.Concurrent;
using KvAspire.Balancer.Cluster;
using KvAspire.Balancer.Replication;
using KvAspire.Balancer.Store;
using KvAspire.Balancer.Transport;
using Microsoft.Extensions.Options;

namespace KvAspire.Balancer.Coordination;

/// <summary>
/// Runs the cluster: takes a term, holds the lease, makes views, and has replicas filled.
/// </summary>
/// <remarks>
/// <para>
/// The coordinator keeps no data. Everything it must not forget is on the nodes, in the view that they have installed:
/// who is a member, and for each slot the in-sync chain and the replicas being filled. The pieces are known ones: chain
/// replication (van Renesse and Schneider 2004), in-sync sets (Kafka), views kept apart from data (Vertical Paxos), terms
/// and joint consensus (Raft), leases (Gray and Cheriton 1989).
/// </para>
/// <para>
/// <b>Start.</b> It asks all nodes. If one has a live lease of another coordinator, it stands by. Otherwise it claims a
/// term higher than any it saw; the nodes that promise it answer with their views, and <see cref="StartDecision"/> says
/// whether they suffice and which view to go on from. The first view of the term follows from it.
/// </para>
/// <para>
/// <b>View change.</b> <see cref="ViewPlanner"/> says what the next view is. It is committed once it is installed on all
/// of its own members that are up and on a change quorum of its parent's in-sync ones; before that nothing is answered under it.
/// If that fails, the view is abandoned and another is proposed in the same term, which then needs a change quorum of the abandoned
/// one as well; after several failures the coordinator starts over in a higher term. Operations in hand
/// begin again under the new view with the version that they have (<see cref="ReplicatedStore"/>).
/// </para>
/// <para>
/// <b>Serving.</b> Only while a change quorum of in-sync nodes grants the lease (<see cref="LeaseTerms"/>).
/// </para>
/// <para>
/// <b>Crash.</b> At any step: the nodes have the last committed view, and perhaps a proposed one. The next coordinator
/// waits for the lease to run out, goes on from the highest view it is told of, levels the chains (a write that was under
/// way may have reached the far end only), and has all copying begin again.
/// </para>
/// </remarks>
internal sealed partial class Coordinator : BackgroundService
{
    private const int LongestMachineName = 27;
    private static readonly TimeSpan StartRetry = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(250);

    private readonly INodeDirectory _directory;
    private readonly ClusterOptions _options;
    private readonly TimeProvider _time;
    private readonly BalancerTelemetry _telemetry;
    private readonly ILogger<Coordinator> _logger;
    private readonly ProtocolRules _rules;
    private readonly ConcurrentDictionary<string, NodeMonitor> _monitors = new(StringComparer.Ordinal);

    /// <summary>Held while monitors come and go.</summary>
    private readonly Lock _watching = new();
    private readonly Wakeup _wakeup;
    private readonly Func<Guid> _newGuid;

    /// <summary>The term in which this coordinator acts; 0 while it has none. Read by the monitors.</summary>
    private uint _term;
    private uint _highestTermSeen;
    private int _reign;

    /// <summary>The cluster whose views were seen last; nodes that have forgotten it do not make a new one.</summary>
    private string? _knownCluster;

    /// <summary>The cluster that this coordinator served last; null if it has not served. Used by the coordinator's loop only.</summary>
    private string? _servedCluster;

    /// <summary>That, or else the one that it would serve; null while it knows of none for sure. Used by the coordinator's loop only.</summary>
    private string? _ownCluster;
    private long _counter;

    /// <summary>Timestamp from which the lease counts; <see cref="long.MinValue"/> if there is none.</summary>
    private long _leaseSince = long.MinValue;
    private readonly Lock _leaseGate = new();
    private volatile ServingView? _serving;
    private volatile TaskCompletionSource _servingAgain = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile CoordinatorState _state = new(CoordinatorPhase.Starting, "Asking the nodes.", []);

    public Coordinator(
        INodeDirectory directory,
        IOptions<ClusterOptions> options,
        TimeProvider time,
        BalancerTelemetry telemetry,
        ILogger<Coordinator> logger,
        Func<Guid>? newGuid = null,
        ProtocolRules? rules = null)
    {
        _directory = directory;
        _options = options.Value;
        _time = time;
        _telemetry = telemetry;
        _logger = logger;
        _rules = rules ?? ProtocolRules.All;
        _wakeup = new Wakeup(time);
        _newGuid = newGuid ?? Guid.NewGuid;
        Id = IdOf(Environment.MachineName, _newGuid());
        Clock = new ClusterClock(time);
        Filler = new SlotFiller(_options, time, telemetry, Signal, logger, _rules);
        telemetry.ObserveMoves(() => Filler.Moves);
    }

    /// <summary>What the coordinator, and the store on it, go by.</summary>
    public ProtocolRules Rules => _rules;

    /// <summary>Unique for each life of a balancer process.</summary>
    public string Id { get; }

    /// <summary>However long the name of the machine is, enough of the number is left to tell two processes on it apart.</summary>
    internal static string IdOf(string machine, Guid process) =>
        $"{machine[..Math.Min(machine.Length, LongestMachineName)]}-{process.ToString("N")[..12]}";

    public ClusterClock Clock { get; }

    public SlotFiller Filler { get; }

    /// <summary>Set by the store: the oldest version in hand, and how to still slots.</summary>
    public WriteLines? Lines { get; set; }

    public CoordinatorState State => _state;

    /// <summary>The view in force; null while there is none.</summary>
    public ServingView? Serving => _serving;

    /// <summary>
    /// Changes when another coordinator may have served in between: what was in hand before can no longer be retried.
    /// </summary>
    public int Reign => Volatile.Read(ref _reign);

    /// <summary>A change quorum has granted the lease, and it has not run out.</summary>
    public bool HoldsLease =>
        Volatile.Read(ref _leaseSince) is var since and not long.MinValue
        && _time.GetElapsedTime(since) < _options.LeaseLength;

    public IReadOnlyDictionary<string, NodeReport> Reports =>
        _monitors.ToDictionary(m => m.Key, m => m.Value.Report, StringComparer.Ordinal);

    /// <summary>The view in force. Waits for a moment between two views.</summary>
    /// <exception cref="StoreUnavailableException">There is none and none is about to come.</exception>
    public ValueTask<ServingView> ServingAsync(CancellationToken cancellationToken) =>
        _serving is { } serving ? ValueTask.FromResult(serving) : WaitForServingAsync(cancellationToken);

    /// <summary>
    /// A version higher than all before, and the reign it belongs to; null between two views, when none can be given that is
    /// higher than every sync point already told.
    /// </summary>
    public (EntryVersion Version, int Reign)? NextVersion()
    {
        // The reign first: it changes only while nothing is served, so a version never goes with a later reign than its own.
        var reign = Reign;
        return _serving is { } serving
            ? (new EntryVersion(serving.Epoch.Packed, (ulong)Interlocked.Increment(ref _counter)), reign)
            : null;
    }

    /// <summary>Wakes the coordinator: something may call for another view.</summary>
    public void Signal() => _wakeup.Wake();

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        var term = Volatile.Read(ref _term);
        StopServing(CoordinatorPhase.Starting, "Stopping.", []);
        await Task.WhenAll(_monitors.Values.Select(m => m.DisposeAsync().AsTask()));
        Filler.Dispose();
        if (term != 0)
        {
            await Task.WhenAll(_monitors.Values.Select(m => ReleaseAsync(m.Client, term)));
        }
    }

    /// <summary>Coordinates until it is told to stop.</summary>
    public async Task RunAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        foreach (var name in _options.Nodes.Concat(_options.Spares))
        {
            Watch(name, null);
        }

        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (await TryStartAsync(stoppingToken) is { } view)
                {
                    await ServeAsync(view, stoppingToken);
                }
                else
                {
                    await Task.Delay(StartRetry, _time, stoppingToken);
                }
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                // The host is stopping.
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                // A mistake here must not leave the cluster without a coordinator for good.
                LogUnexpected(e);
                StopServing(CoordinatorPhase.Starting, "Starting over after an unexpected error.", []);
                await Task.Delay(StartRetry, _time, CancellationToken.None);
            }
        }
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => RunAsync(stoppingToken);

    private async ValueTask<ServingView> WaitForServingAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var again = _servingAgain;
            if (_serving is { } serving)
            {
                return serving;
            }

            var state = _state;
            if (state.Phase != CoordinatorPhase.Serving)
            {
                throw new StoreUnavailableException(state.Detail, TimeSpan.FromSeconds(1)) { WaitingFor = state.WaitingFor };
            }

            await again.Task.InContext().WaitAsync(cancellationToken);
        }
    }

    private NodeMonitor Watch(string name, string? address)
    {
        var client = _directory.Get(name, address);
        lock (_watching)
        {
            if (!_monitors.TryGetValue(name, out var monitor))
            {
                _monitors[name] = monitor = new NodeMonitor(client, HeartbeatFor, CountLease, Signal, OnDeposed, _options, _time);
                monitor.Start();
            }

            return monitor;
        }
    }

    private void OnDeposed(uint term)
    {
        if (term > Volatile.Read(ref _highestTermSeen))
        {
            Volatile.Write(ref _highestTermSeen, term);
        }

        Interrupt();
    }

    private void SetState(CoordinatorPhase phase, string detail, IReadOnlyList<string> waitingFor)
    {
        var before = _state;
        _state = new CoordinatorState(phase, detail, waitingFor);
        if (before.Phase != phase || before.Detail != detail || !before.WaitingFor.SequenceEqual(waitingFor))
        {
            LogState(phase, detail, string.Join(", ", waitingFor));
        }

        // Whoever waits looks at the new state.
        Interlocked.Exchange(ref _servingAgain, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
    }

    private async Task ReleaseAsync(INodeClient client, uint term)
    {
        try
        {
            await client.ReleaseLeaseAsync(new() { Term = term, Coordinator = Id }, _options.HeartbeatInterval, CancellationToken.None);
        }
        catch (NodeUnreachableException)
        {
            // Its lease runs out by itself.
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Phase}: {Detail} {WaitingFor}")]
    private partial void LogState(CoordinatorPhase phase, string detail, string waitingFor);

    [LoggerMessage(Level = LogLevel.Error, Message = "Unexpected error in the coordinator; starting over")]
    private partial void LogUnexpected(Exception e);
}
