using System.Collections.Concurrent;
using System.Collections.Immutable;
using KvAspire.Balancer.Cluster;
using KvAspire.Balancer.Replication;
using KvAspire.Balancer.Store;
using KvAspire.Balancer.Transport;
using KvAspire.Protocol;
using View = KvAspire.Balancer.Cluster.View;

namespace KvAspire.Balancer.Coordination;

/// <content>Serving: heartbeats, failures, and one view after another.</content>
internal sealed partial class Coordinator
{
    private const int StrikesAllowed = 3;
    private static readonly TimeSpan ShortestStill = TimeSpan.FromMilliseconds(500);

    /// <summary>Links that an operation found broken or was refused on, with the view it used them under.</summary>
    private readonly ConcurrentQueue<(ServingView View, ReplicaLink Link)> _failures = new();

    /// <summary>What was last known when it called for no other view. Used by the serving loop only.</summary>
    private PlanInput? _settled;

    /// <summary>
    /// How long the writes in hand may take to end when slots are stilled, and when they last did not. Clients wait meanwhile, and for as long afterwards
    /// they do not; each time it is longer, since under a heavy load no write ends soon. Used by the serving loop only.
    /// </summary>
    private (TimeSpan Limit, long? FailedAt) _still = (ShortestStill, null);

    /// <summary>Ends the wait for the writes in hand; null while there is none.</summary>
    private volatile TaskCompletionSource? _interrupt;

    /// <summary>Per node, how often its data path failed while it answered otherwise. Used by the serving loop only.</summary>
    private readonly Dictionary<string, (int Count, long Last)> _strikes = new(StringComparer.Ordinal);

    /// <summary>An operation could not be done on a replica. The coordinator looks into it; wait for the view to be superseded.</summary>
    public void ReportFailure(ServingView view, ReplicaLink link)
    {
        _failures.Enqueue((view, link));
        Interrupt();
    }

    /// <summary>Something does not wait for slots to be stilled.</summary>
    private void Interrupt()
    {
        _interrupt?.TrySetResult();
        Signal();
    }

    private async Task ServeAsync(View first, CancellationToken cancellationToken)
    {
        Filler.BeginTerm();
        Abandon(null);
        var view = first;
        Publish(view);
        while (true)
        {
            if (_rules.StepDown && !HoldsLease)
            {
                LogSteppedDown("the lease ran out");
                break;
            }

            if (_rules.StepDown && Volatile.Read(ref _highestTermSeen) > view.Epoch.Term)
            {
                LogSteppedDown("a node has promised a higher term");
                break;
            }

            if (!await LookIntoFailuresAsync(view, cancellationToken))
            {
                LogSteppedDown("a node obeys another view");
                break;
            }

            var next = await NextViewAsync(view, cancellationToken);
            if (next is null)
            {
                LogSteppedDown("a view could not be committed");
                break;
            }

            if (next != view)
            {
                view = next;
                continue;
            }

            TellFormerMembers(view);

            Filler.Work(view, _monitors.ToDictionary(m => m.Key, m => m.Value.Client, StringComparer.Ordinal));
            await _wakeup.WaitAsync(Tick, cancellationToken);
        }

        // Requests wait for a moment: most likely this coordinator goes on in a higher term.
        Unpublish();
    }

    /// <summary>The view to go on with: the same if nothing calls for another; null if one could not be committed.</summary>
    private async Task<View?> NextViewAsync(View view, CancellationToken cancellationToken)
    {
        var input = Input(view);
        if (input.Alive.Count == 0)
        {
            // Rather this process is cut off than all nodes at once: nobody could install a view anyway.
            return view;
        }

        if (_abandoned.Count > 0 || _settled is null || !input.AsksTheSameAs(_settled))
        {
            var called = ViewPlanner.Next(input);
            if (_abandoned.Count > 0 || !called.SaysTheSameAs(view))
            {
                if (_abandoned.Count == 0 && view.Up.All(m => input.Alive.ContainsKey(m.Name)))
                {
                    // Nobody waits for this view, as for one without a node that is lost, or after one that nodes already have.
                    await SyncAsync(view, cancellationToken);
                    input = Input(view);
                    if (input.Alive.Count == 0)
                    {
                        return view;
                    }

                    called = ViewPlanner.Next(input);
                }

                return await ChangeAsync(called, view, cancellationToken);
            }

            _settled = input;
        }

        var copied = Filler.Copied(view);
        var level = view.IsFilling ? [] : OutOfOrder(view).Where(s => Filler.IsLevel(s) || !_rules.LevelBeforeReordering).ToHashSet();
        if ((copied.Count == 0 && level.Count == 0) || (_still.FailedAt is { } failedAt && _time.GetElapsedTime(failedAt) < _still.Limit))
        {
            return view;
        }

        await SyncAsync(view, cancellationToken);
        var slots = copied.Select(c => c.Slot).Concat(level).Distinct().ToList();
        if (Lines is not null && _rules.StillBeforeHandOver && !await StillAsync(Lines, slots, cancellationToken))
        {
            // Something is in the way of the writes in hand; the next round looks into it.
            return view;
        }

        var next = ViewPlanner.Next(Input(view) with { Copied = copied, Level = level });
        if (next.SaysTheSameAs(view))
        {
            EndStillness();
            return view;
        }

        var changed = await ChangeAsync(next, view, cancellationToken);
        if (changed == view && !_rules.StillWhileAbandoned)
        {
            EndStillness();
        }

        if (changed != view && copied.Count > 0)
        {
            Filler.HandedOver();
        }

        return changed;
    }

    /// <summary>Stills the slots. False if something is to be looked into first, or the writes in hand did not end in time: then each try waits longer.</summary>
    private async Task<bool> StillAsync(WriteLines lines, IReadOnlyCollection<int> slots, CancellationToken cancellationToken)
    {
        var interrupt = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _interrupt = interrupt;
        try
        {
            using var stopping = cancellationToken.Register(() => interrupt.TrySetResult());
            if (_failures.IsEmpty && (HoldsLease || !_rules.StepDown) && Volatile.Read(ref _highestTermSeen) <= Volatile.Read(ref _term))
            {
                _stillness = await lines.StillAsync(slots, _still.Limit, _time, interrupt.Task.InContext());
            }
        }
        finally
        {
            _interrupt = null;
        }

        if (_stillness is not null)
        {
            _still = (ShortestStill, null);
        }
        else if (!interrupt.Task.IsCompleted && _failures.IsEmpty && HoldsLease)
        {
            var longest = _options.RequestTimeout / 2;
            _still = (_still.Limit * 2 < longest ? _still.Limit * 2 : longest, _time.GetTimestamp());
        }

        return _stillness is not null;
    }

    private ImmutableArray<int> OutOfOrder(View view) =>
        _serving is { } serving && ReferenceEquals(serving.View, view) ? serving.OutOfOrder : [.. ViewPlanner.OutOfOrder(view)];

    private PlanInput Input(View view)
    {
        var alive = _monitors.Values.Select(m => m.Report).Where(r => r.IsAlive && IsOf(view.Cluster, r)).Select(r => r.Seen!).ToDictionary(s => s.Name, StringComparer.Ordinal);
        var joiners = Wished(Wish.Join);
        return new PlanInput
        {
            Parent = view,
            Epoch = _abandoned.Count > 0 ? _abandoned[^1].Epoch.Next : view.Epoch.Next,
            Coordinator = Id,
            Abandoned = [.. _abandoned],
            Alive = alive,
            Joining = Joining(view),
            Leaving = Wished(Wish.Leave),
            Staying = joiners,
            Readmitted = joiners,
            Forgotten = Wished(Wish.Forget),
            Now = Clock.Now,
            RehomeAfter = _options.RehomeAfter,
            Rules = _rules,
        };
    }

    private static bool IsOf(string cluster, NodeReport report) => report.Cluster.Length == 0 || report.Cluster == cluster;

    private NodeMonitor Monitor(string name) => _monitors[name];

    /// <summary>
    /// Works out anew from when the lease counts: after each answer of a node, and with each view. A view that is proposed may be what another
    /// coordinator starts from, as soon as one node has it.
    /// </summary>
    private void CountLease()
    {
        lock (_leaseGate)
        {
            var since = long.MinValue;
            if (_serving is { } serving)
            {
                var grants = _monitors.ToDictionary(m => m.Key, m => m.Value.Report.Grant, StringComparer.Ordinal);
                IEnumerable<View> views = _rules.LeaseOfProposals ? [serving.View, .. _proposed] : [serving.View];
                since = views.Min(v => LeaseTerms.HeldSince(v, grants) ?? long.MinValue);
            }

            Volatile.Write(ref _leaseSince, since);
        }

        if (!HoldsLease && _interrupt?.TrySetResult() == true)
        {
            Signal();
        }
    }

    /// <summary>
    /// Asks the nodes whose data path failed how they are. A node that is well gets a new channel; one that does not
    /// answer, or fails again and again, is taken for down. False if a node obeys another view than this one.
    /// </summary>
    private async Task<bool> LookIntoFailuresAsync(View view, CancellationToken cancellationToken)
    {
        var failed = new HashSet<string>(StringComparer.Ordinal);
        while (_failures.TryDequeue(out var failure))
        {
            // What failed before the node got its new channel tries again by itself: one break is one strike.
            if (ReferenceEquals(failure.View, _serving) && view.IsUp(failure.Link.Node))
            {
                failed.Add(failure.Link.Node);
            }
        }

        foreach (var link in _serving?.Links.Values ?? [])
        {
            if (link.IsBroken)
            {
                failed.Add(link.Node);
            }
        }

        var isMine = true;
        foreach (var node in failed)
        {
            isMine &= await ProbeAsync(node, view, cancellationToken);
            if (!Monitor(node).Report.IsAlive && _serving is { } serving)
            {
                // If it turns out to answer after all, before a view without it is in force, its channel is still the one that failed.
                _failures.Enqueue((serving, serving.Links[node]));
            }
        }

        // New channels, and the operations that wait try again. Without a node that is lost only the next view helps.
        if (failed.Any(n => Monitor(n).Report.IsAlive))
        {
            Publish(view);
        }

        return isMine;
    }

    private async Task<bool> ProbeAsync(string node, View view, CancellationToken cancellationToken)
    {
        var monitor = Monitor(node);
        try
        {
            var reply = await monitor.Client.DescribeAsync(_options.ReplicaTimeout / 2, cancellationToken);
            var report = NodeMonitor.Heard(monitor.Report, reply, monitor.Client);
            if (reply.View is { } theirs && theirs.Epoch > view.Epoch.Packed)
            {
                // If it is a proposal of this coordinator's, which was abandoned, the next one is about to come.
                monitor.Record(report);
                return theirs.Coordinator == Id && Epoch.Unpack(theirs.Epoch).Term == view.Epoch.Term;
            }

            var (count, last) = _strikes.GetValueOrDefault(node);
            count = _time.GetElapsedTime(last) > _options.LeaseLength * 2 ? 1 : count + 1;
            _strikes[node] = (count, _time.GetTimestamp());
            if (count > StrikesAllowed)
            {
                _strikes.Remove(node);
                report = report with { Seen = null, Problem = "its data path fails again and again" };
            }

            monitor.Record(report);
        }
        catch (NodeUnreachableException e)
        {
            LogNodeLost(node, e.Message);
            monitor.Record(monitor.Report with { Seen = null, Problem = e.Message });
        }

        return true;
    }

    /// <summary>What to tell a node now; null if it has no part in the view that is served.</summary>
    private HeartbeatRequest? HeartbeatFor(string node)
    {
        var term = Volatile.Read(ref _term);
        var serving = _serving;
        if (term == 0 || serving is null || serving.Epoch.Term != term || !serving.View.IsUp(node))
        {
            return null;
        }

        // In this order: a write that is judged by an earlier time has its version by now; one given later than the counter is read is higher than the sync
        // point; and while the view is still served afterwards, no write that it missed was acknowledged by fewer replicas.
        var clock = Clock.Now;
        var next = new EntryVersion(serving.Epoch.Packed, (ulong)Interlocked.Read(ref _counter) + 1);
        var sync = _rules.SyncPointBelowWritesInHand && Lines?.Oldest() is { } oldest && oldest < next ? oldest : next;
        if (_serving?.Epoch != serving.Epoch)
        {
            return null;
        }

        var floor = _rules.FloorFromAllMembers ? Filler.Floor(serving.View, Reports) : sync;
        var request = new HeartbeatRequest
        {
            Term = term,
            Coordinator = Id,
            LeaseMs = (long)_options.LeaseLength.TotalMilliseconds,
            Committed = serving.Epoch.Packed,
            Clock = clock,
            NextEpoch = next.Epoch,
            NextCounter = next.Counter,
            SyncEpoch = sync.Epoch,
            SyncCounter = sync.Counter,
            FloorEpoch = floor.Epoch,
            FloorCounter = floor.Counter,
        };
        request.NotLevel.Add(_rules.SyncPointOfLevelSlots ? Filler.NotLevel(serving.View) : []);
        return request;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Stepping down: {Reason}")]
    private partial void LogSteppedDown(string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Node {Node} does not answer: {Problem}")]
    private partial void LogNodeLost(string node, string problem);
}
