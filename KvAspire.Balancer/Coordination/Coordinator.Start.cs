using KvAspire.Balancer.Cluster;
using KvAspire.Balancer.Transport;
using KvAspire.Protocol;
using View = KvAspire.Balancer.Cluster.View;

namespace KvAspire.Balancer.Coordination;

/// <content>Taking a term.</content>
internal sealed partial class Coordinator
{
    /// <summary>
    /// The lease runs from when the claims are sent: a node that answers nothing must not use it up before the first view.
    /// </summary>
    private TimeSpan ClaimTimeout => _options.ReplicaTimeout * 2 < _options.LeaseLength / 2 ? _options.ReplicaTimeout * 2 : _options.LeaseLength / 2;

    /// <summary>More terms than there will have been without the nodes that are there knowing of them.</summary>
    private const uint TermsAhead = 1 << 16;

    /// <summary>With a node that is not expected to answer.</summary>
    private TimeSpan LittlePatience => _options.ReplicaTimeout / 4;

    /// <summary>The term of the first try to start without these nodes, which were given up; null if there is none. Used by the coordinator's loop only.</summary>
    private (HashSet<string> Without, uint Term)? _leap;

    /// <summary>The view that was read last from a message. Used by the coordinator's loop only.</summary>
    private View? _read;

    /// <summary>One attempt to take a term. Null if it is not this coordinator's turn; the state says why.</summary>
    private async Task<View?> TryStartAsync(CancellationToken cancellationToken)
    {
        Volatile.Write(ref _term, 0);
        var described = await AskAllAsync((c, limit, t) => c.DescribeAsync(limit, t), _options.ReplicaTimeout * 2, [], cancellationToken);
        _ownCluster = described.Values.Any(d => d.Cluster == _servedCluster) ? _servedCluster : MostConfiguredIn(described) ?? _ownCluster;
        var strangers = LeaveOutStrangers(described, d => d.Cluster);
        foreach (var member in described.Values.Where(d => d.View is not null).OrderByDescending(d => d.View.Epoch).SelectMany(d => d.View.Members).DistinctBy(m => m.Name))
        {
            // Where it is by the latest view that names it.
            Watch(member.Name, member.Address);
        }

        Remember(described);
        var holder = described.Values.FirstOrDefault(d => d.LeaseHolder.Length > 0 && d.LeaseHolder != Id && d.LeaseRemainingMs > 0);
        if (holder is not null)
        {
            // Who asked for something here is told to ask there; long after, it must not be done here any more.
            _wishes.Clear();
            _leap = null;
            StopServing(CoordinatorPhase.Standby, $"Balancer {holder.LeaseHolder} coordinates the cluster; this one stands by and takes over if it fails.", []);
            return null;
        }

        if (described.Count == 0)
        {
            StopServing(CoordinatorPhase.Starting, "No node answers: start the nodes, or correct the addresses in Cluster:Nodes and Services.", [.. _options.Nodes]);
            return null;
        }

        var forgotten = Wished(Wish.Forget);
        _knownCluster = described.Values.FirstOrDefault(d => d.Cluster.Length > 0)?.Cluster ?? _knownCluster;
        if (_knownCluster is not null && described.Values.All(d => d.Cluster.Length == 0) && !_options.Nodes.All(forgotten.Contains))
        {
            StopServing(
                CoordinatorPhase.Starting,
                $"Cluster {_knownCluster} has been here, and every node that answers came back without its data. Bring the data back, or forget each node to begin anew.",
                [.. _options.Nodes]);
            return null;
        }

        var willing = described.Where(d => !d.Value.UnknownLease).Select(d => ToPromise(d.Key, d.Value)).ToList();
        var heard = HighestView(described, forgotten);
        var outlook = StartDecision.Decide(willing, [.. _options.Nodes], forgotten, _rules, heard);
        if (!outlook.CanStart)
        {
            StopServing(CoordinatorPhase.Starting, outlook.Reason, outlook.WaitingFor);
            return null;
        }

        var term = Math.Max(described.Values.Max(d => Math.Max(d.PromisedTerm, (uint)((d.View?.Epoch ?? 0) >> 32))), Volatile.Read(ref _highestTermSeen)) + 1;
        if (outlook.MayLackViews)
        {
            // If a node that was given up comes back after all, its view must not pass for the latest. However often this is tried, it leaps once:
            // the view of a try that failed is what the next one goes on from.
            var isAnothers = outlook.Base!.Coordinator != Id && outlook.Base.Epoch.Term >= _leap?.Term;
            if (isAnothers || _leap?.Without.SetEquals(forgotten) != true)
            {
                _leap = (forgotten, outlook.Base.Epoch.Term + TermsAhead);
            }

            term = Math.Max(term, _leap.Value.Term);
        }
        else
        {
            _leap = null;
        }

        Volatile.Write(ref _highestTermSeen, term);
        var request = new ClaimRequest { Term = term, Coordinator = Id, LeaseMs = (long)_options.LeaseLength.TotalMilliseconds };
        var sentAt = _time.GetTimestamp();
        var claims = await AskAllAsync((c, limit, t) => c.ClaimAsync(request, described.ContainsKey(c.Name) ? ClaimTimeout : limit, t), ClaimTimeout, strangers, cancellationToken);
        LeaveOutStrangers(claims, c => c.State.Cluster);
        var promised = claims.Where(c => c.Value.Promised).ToDictionary(c => c.Key, c => c.Value.State, StringComparer.Ordinal);
        var decision = StartDecision.Decide([.. promised.Select(p => ToPromise(p.Key, p.Value))], [.. _options.Nodes], forgotten, _rules, heard);
        if (!decision.CanStart || (decision.MayLackViews && !outlook.MayLackViews))
        {
            var reasons = claims.Values.Where(c => !c.Promised).Select(c => $"{c.State.Name}: {c.Reason}");
            StopServing(CoordinatorPhase.Starting, string.Join(" ", [decision.Reason, .. reasons]), decision.WaitingFor);
            return null;
        }

        Volatile.Write(ref _term, term);
        Remember(promised);
        foreach (var (name, state) in promised)
        {
            var monitor = _monitors[name];
            monitor.Record(NodeMonitor.Heard(monitor.Report, state, monitor.Client) with
            {
                Grant = new LeaseGrant(term, sentAt, state.Incarnation.ToIncarnation()),
            });
        }

        return await FirstViewAsync(decision, new Epoch(term, 1), promised, forgotten, cancellationToken);
    }

    /// <summary>The latest view that a node told of that was not given up; null if there is none.</summary>
    private View? HighestView(Dictionary<string, DescribeReply> described, HashSet<string> forgotten) => _rules.HeedLaterViews
        && described.Values.Where(d => d.View is not null && !forgotten.Contains(d.Name)).MaxBy(d => d.View.Epoch) is { } latest ? Read(latest.View) : null;

    /// <summary>The cluster that more than half of the nodes that a new cluster would begin with belong to; null if there is none.</summary>
    private string? MostConfiguredIn(Dictionary<string, DescribeReply> described) => _options.Nodes
        .Where(n => described.TryGetValue(n, out var reply) && reply.Cluster.Length > 0)
        .GroupBy(n => described[n].Cluster, StringComparer.Ordinal)
        .FirstOrDefault(c => c.Count() * 2 > _options.Nodes.Count)?.Key;

    /// <summary>
    /// What nodes of another cluster say is not about this one: a node that has left may serve there now, and one may have been started with a
    /// directory from there. They count as not answering.
    /// </summary>
    private List<string> LeaveOutStrangers<T>(Dictionary<string, T> answers, Func<T, string> clusterOf)
    {
        if (!answers.Values.Any(a => clusterOf(a) == _ownCluster))
        {
            return [];
        }

        var strangers = answers.Where(a => clusterOf(a.Value) is { Length: > 0 } cluster && cluster != _ownCluster).Select(a => a.Key).ToList();
        strangers.ForEach(name => answers.Remove(name));
        return strangers;
    }

    /// <summary>Proposes the first view of the term; null if it could not be committed.</summary>
    private async Task<View?> FirstViewAsync(
        StartOutcome decision,
        Epoch epoch,
        Dictionary<string, DescribeReply> promised,
        HashSet<string> forgotten,
        CancellationToken cancellationToken)
    {
        // Nodes that did not promise (they have just started, say) are out until they have caught up.
        var alive = promised
            .Where(p => p.Value.Fault.Length == 0 && p.Value.Name == p.Key)
            .ToDictionary(
                p => p.Key,
                p => new Seen(p.Key, p.Value.Incarnation.ToIncarnation(), _monitors[p.Key].Client.Address ?? "", p.Value.Blank, p.Value.WholeSince, Epoch.Unpack(p.Value.View?.Epoch ?? 0)),
                StringComparer.Ordinal);
        View next;
        var parent = decision.Base;
        if (parent is null)
        {
            var first = alive.Values.Where(n => _options.Nodes.Contains(n.Name)).ToList();
            next = ViewPlanner.Begin(epoch, Id, _newGuid().ToString("N"), first, _options.ReplicationFactor, _options.SlotCount);
        }
        else
        {
            next = ViewPlanner.Next(new PlanInput
            {
                Parent = parent,
                Epoch = epoch,
                Coordinator = Id,
                Alive = alive,
                Forgotten = forgotten,
                MayLackViews = decision.MayLackViews,
                IsParentCommitted = decision.IsBaseCommitted,
                IsParentRefuted = decision.IsBaseRefuted,
                Now = Clock.Now,
                RehomeAfter = _options.RehomeAfter,
                Rules = _rules,
            });
        }

        if (next.InSync.IsEmpty)
        {
            StopServing(CoordinatorPhase.Starting, "No copy of anything is there: all nodes that held one are away, or came back without their data. Bring one back with its directory, or give up on the nodes with POST /cluster/nodes/{name}/forget.", LastHolders(next));
            return null;
        }

        // Another coordinator's view: what it did meanwhile is unknown, so nothing that was in hand can be tried again.
        if (parent is not null && parent.Coordinator != Id)
        {
            Interlocked.Increment(ref _reign);
        }

        if (!await CommitAsync(next, cancellationToken))
        {
            StopServing(CoordinatorPhase.Starting, "A view could not be installed on all its nodes; trying again.", []);
            return null;
        }

        (_ownCluster, _servedCluster, _leap) = (next.Cluster, next.Cluster, null);
        DropFulfilled(next);
        return next;
    }

    private static List<string> LastHolders(View view) =>
        [.. view.Slots.SelectMany(s => s.Chain).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    private Promise ToPromise(string name, DescribeReply state) =>
        new(name, state.Incarnation.ToIncarnation(), state.View is { } view ? Read(view) : null, state.Committed);

    /// <summary>Most nodes have the same view, again and again: a coordinator makes one view at most of a name.</summary>
    private View Read(Protocol.View message)
    {
        if (_read is null || _read.Epoch.Packed != message.Epoch || _read.Coordinator != message.Coordinator || _read.Cluster != message.Cluster)
        {
            _read = message.ToView();
        }

        return _read;
    }

    private void Remember(IReadOnlyDictionary<string, DescribeReply> states)
    {
        foreach (var state in states.Values.Where(s => s.Clock > 0 && _rules.ClusterClock))
        {
            // Its predecessor may have judged expiry by a clock that the nodes had not heard of yet.
            Clock.RaiseTo(state.LeaseHolder == Id ? state.Clock : state.Clock + (long)_options.LeaseLength.TotalMilliseconds);
        }
    }

    private static string NameIn<T>(T answer) => answer switch
    {
        DescribeReply described => described.Name,
        ClaimReply claimed => claimed.State.Name,
        _ => "",
    };

    /// <summary>
    /// Asks all known nodes but some at once; those that do not answer, are others than they should be, or serve no data, are left out. One that did not
    /// answer its monitor either is not waited for that long: else each step of a takeover would take as long as the patience with a node that hangs.
    /// </summary>
    private async Task<Dictionary<string, T>> AskAllAsync<T>(
        Func<INodeClient, TimeSpan, CancellationToken, Task<T>> ask, TimeSpan patience, IReadOnlyCollection<string> except, CancellationToken cancellationToken)
    {
        var answers = await Task.WhenAll(_monitors.Values.Where(m => !except.Contains(m.Client.Name)).Select(async monitor =>
        {
            try
            {
                var limit = monitor.Report.Problem.Length > 0 && patience > LittlePatience ? LittlePatience : patience;
                return (monitor.Client.Name, Answer: await ask(monitor.Client, limit, cancellationToken));
            }
            catch (NodeUnreachableException)
            {
                return (monitor.Client.Name, Answer: default(T));
            }
        }));
        return answers
            .Where(a => a.Answer is not null and not DescribeReply { Fault.Length: > 0 } && NameIn(a.Answer) == a.Name)
            .ToDictionary(a => a.Name, a => a.Answer!, StringComparer.Ordinal);
    }
}
