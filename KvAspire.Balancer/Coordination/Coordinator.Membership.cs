using System.Collections.Concurrent;
using KvAspire.Balancer.Cluster;
using KvAspire.Balancer.Store;
using KvAspire.Balancer.Transport;
using Incarnation = KvAspire.Balancer.Cluster.Incarnation;
using InstallRequest = KvAspire.Protocol.InstallRequest;
using View = KvAspire.Balancer.Cluster.View;

namespace KvAspire.Balancer.Coordination;

/// <content>What operators ask for. A wish is kept here until a committed view has it.</content>
internal sealed partial class Coordinator : IClusterAdmin
{
    private enum Wish
    {
        Join,
        Leave,
        Forget,
    }

    private readonly ConcurrentDictionary<string, Wish> _wishes = new(StringComparer.Ordinal);
    private readonly Lock _removing = new();

    /// <summary>Nodes that are no members, and have been told, or are being told, in this life of theirs.</summary>
    private readonly ConcurrentDictionary<string, Incarnation> _informed = new(StringComparer.Ordinal);

    public async Task<AdminOutcome> AddAsync(string name, string? address, CancellationToken cancellationToken)
    {
        var view = (await ServingAsync(cancellationToken)).View;
        if (view.Members.TryGetValue(name, out var member) && member.State != MemberState.Leaving)
        {
            return address is null || member.IsUp
                ? new AdminOutcome(AdminStatus.Conflict, $"{name} is a member already.")
                : await FindAgainAsync(member, address, view.Cluster, cancellationToken);
        }

        // Where a member is the view says.
        var monitor = Watch(name, member is null ? address : null);
        try
        {
            if (member is null && await ReasonNotToJoinAsync(monitor, view.Cluster, cancellationToken) is { } reason)
            {
                return new AdminOutcome(AdminStatus.Conflict, reason);
            }

            Await(name);
        }
        finally
        {
            await UnwatchAsync(name);
        }

        await UntilCommittedAsync(v => !v.Removed.Contains(name) && (!v.Members.TryGetValue(name, out var m) || m.State != MemberState.Leaving), cancellationToken);
        return new AdminOutcome(AdminStatus.Accepted, monitor.Report.IsAlive ? $"{name} joins." : $"{name} joins as soon as it answers.");
    }

    /// <summary>A member that is down may have moved: from here on it is asked where it is said to be now.</summary>
    private async Task<AdminOutcome> FindAgainAsync(Member member, string address, string cluster, CancellationToken cancellationToken)
    {
        var monitor = Watch(member.Name, address);
        var isThere = false;
        try
        {
            var reply = await monitor.Client.DescribeAsync(_options.ReplicaTimeout, cancellationToken);
            isThere = monitor.Client.Address == address && reply.Name == member.Name && (reply.Cluster.Length == 0 || reply.Cluster == cluster);
        }
        catch (NodeUnreachableException)
        {
            // Then it is not there.
        }
        finally
        {
            if (!isThere)
            {
                Watch(member.Name, member.Address);
            }
        }

        monitor.Kick();
        return isThere ? new AdminOutcome(AdminStatus.Accepted, $"{member.Name} is a member already, and is asked at {address} from now on.")
            : monitor.Client.Address is { } found && found != address && found != member.Address
                ? new AdminOutcome(AdminStatus.Conflict, $"{member.Name} is a member already, and service discovery says that it is at {found}.")
            : new AdminOutcome(AdminStatus.Conflict, $"{member.Name} is a member already, and is not at {address}.");
    }

    /// <summary>The name is given up: the node's slots move away, and then it is no member any more.</summary>
    public async Task<AdminOutcome> RemoveAsync(string name, CancellationToken cancellationToken)
    {
        var view = (await ServingAsync(cancellationToken)).View;
        if (!view.Members.ContainsKey(name))
        {
            return await WithdrawAsync(name)
                ? new AdminOutcome(AdminStatus.Accepted, $"{name} is not awaited any more.")
                : new AdminOutcome(AdminStatus.Unknown, $"There is no node {name}.");
        }

        int staying;
        lock (_removing)
        {
            // Those that were asked to leave may not stand so in the view yet.
            var leaving = Wished(Wish.Leave).Union(Wished(Wish.Forget)).ToHashSet(StringComparer.Ordinal);
            staying = view.Members.Values.Count(m => m.Name != name && m.IsUp && m.State != MemberState.Leaving && !leaving.Contains(m.Name));
            if (staying >= view.ReplicationFactor)
            {
                _wishes[name] = Wish.Leave;
            }
        }

        if (staying < view.ReplicationFactor)
        {
            return new AdminOutcome(
                AdminStatus.Conflict,
                $"Without {name} only {staying} nodes would be up, too few for {view.ReplicationFactor} copies of each key: add a node first.");
        }

        await UntilCommittedAsync(v => !v.Members.TryGetValue(name, out var m) || m.State == MemberState.Leaving, cancellationToken);
        return new AdminOutcome(AdminStatus.Accepted, $"{name} gives its slots away and then leaves.");
    }

    public async Task<AdminOutcome> ForgetAsync(string name, CancellationToken cancellationToken)
    {
        if (_monitors.TryGetValue(name, out var monitor)
            && monitor.Report is { IsAlive: true } report
            && _serving is { } now
            && IsOf(now.View.Cluster, report)
            && now.View.Slots.All(s => !s.Chain.IsEmpty))
        {
            return new AdminOutcome(AdminStatus.Conflict, $"{name} answers: remove it instead, and nothing is lost.");
        }

        if (_state.Phase == CoordinatorPhase.Standby)
        {
            throw new StoreUnavailableException(_state.Detail, TimeSpan.FromSeconds(1));
        }

        if (_serving is { } serving)
        {
            if (!serving.View.Members.ContainsKey(name))
            {
                return new AdminOutcome(AdminStatus.Unknown, $"There is no node {name}.");
            }

            _wishes[name] = Wish.Forget;
            await UntilCommittedAsync(
                v => !v.Members.TryGetValue(name, out var m) || (m.IsUp && v.Slots.All(s => !s.Chain.IsEmpty)), cancellationToken);
            return new AdminOutcome(AdminStatus.Accepted, $"{name} is forgotten, with whatever only it held.");
        }

        if (!_monitors.ContainsKey(name) && !_state.WaitingFor.Contains(name))
        {
            return new AdminOutcome(AdminStatus.Unknown, $"There is no node {name}.");
        }

        _wishes[name] = Wish.Forget;
        Signal();
        return new AdminOutcome(AdminStatus.Accepted, $"The start does not wait for {name} any more; whatever only it held is given up.");
    }

    /// <summary>Nodes that an operator added and that have not answered yet: they are in no view, and this process alone knows of them.</summary>
    public IEnumerable<string> Awaited => _wishes.Where(w => w.Value == Wish.Join && _serving?.View.Members.ContainsKey(w.Key) != true).Select(w => w.Key);

    /// <summary>Wishes for a node and asks it how it is, in one step: a call that gives it up meanwhile ends neither alone.</summary>
    private void Await(string name)
    {
        lock (_watching)
        {
            _wishes[name] = Wish.Join;
            Watch(name, null);
        }
    }

    /// <summary>Forgets that a node was to join. False if nobody asked for it, or a view has it meanwhile.</summary>
    private async Task<bool> WithdrawAsync(string name)
    {
        if (!_wishes.TryRemove(new KeyValuePair<string, Wish>(name, Wish.Join)))
        {
            return false;
        }

        await UnwatchAsync(name);
        return true;
    }

    /// <summary>Nodes that have left, or were given up, are asked no more.</summary>
    private void UnwatchFormerMembers()
    {
        foreach (var name in _monitors.Keys)
        {
            _ = UnwatchAsync(name);
        }
    }

    /// <summary>Asks a node no more that is neither configured nor awaited, and has no part in the view in force nor in how it came to be.</summary>
    private async Task UnwatchAsync(string name)
    {
        NodeMonitor? monitor = null;
        lock (_watching)
        {
            if (!IsConfigured(name) && !_wishes.ContainsKey(name) && _serving?.View is { } view && !view.Members.ContainsKey(name) && !view.IsVoter(name))
            {
                _monitors.TryRemove(name, out monitor);
            }
        }

        if (monitor is not null)
        {
            await monitor.DisposeAsync();
        }
    }

    /// <summary>
    /// Nodes that answer and are no members any more get the view in force, too: one that was given up, and is back with its old directory, may have a
    /// view that asks for nobody but itself. A balancer that reached only that node would start from it.
    /// </summary>
    private void TellFormerMembers(View view)
    {
        foreach (var (name, monitor) in _monitors)
        {
            if (view.Members.ContainsKey(name))
            {
                _informed.TryRemove(name, out _);
            }
            else if (_rules.TellFormerMembers
                && monitor.Report is { IsAlive: true, Seen: { } seen } report
                && report.Cluster == view.Cluster
                && seen.View < view.Epoch
                && _informed.GetValueOrDefault(name) != seen.Incarnation)
            {
                _informed[name] = seen.Incarnation;
                _ = TellAsync(monitor.Client, seen.Incarnation, view);
            }
        }
    }

    private async Task TellAsync(INodeClient client, Incarnation incarnation, View view)
    {
        var isTold = false;
        try
        {
            var request = new InstallRequest { View = view.ToMessage(), Target = incarnation.ToMessage() };
            isTold = (await client.InstallAsync(request, _options.ReplicaTimeout, CancellationToken.None)).Installed;
        }
        catch (NodeUnreachableException)
        {
            // It is told when it answers again.
        }
        finally
        {
            if (!isTold)
            {
                _informed.TryRemove(new KeyValuePair<string, Incarnation>(client.Name, incarnation));
            }
        }
    }

    private HashSet<string> Wished(Wish wish) => _wishes.Where(w => w.Value == wish).Select(w => w.Key).ToHashSet(StringComparer.Ordinal);

    /// <summary>Nodes that answer and may come in: those that are configured, and those that an operator asked for.</summary>
    private HashSet<string> Joining(View view) => _monitors
        .Where(m => m.Value.Report is { IsAlive: true, Seen: { } seen } report
            && (seen.IsBlank || !_rules.JoinEmptyOnly)
            && IsOf(view.Cluster, report)
            && !view.Members.ContainsKey(m.Key)
            && (_wishes.TryGetValue(m.Key, out var wish) ? wish == Wish.Join : IsConfigured(m.Key) && !view.Removed.Contains(m.Key)))
        .Select(m => m.Key)
        .ToHashSet(StringComparer.Ordinal);

    private bool IsConfigured(string name) => _options.Nodes.Contains(name) || _options.Spares.Contains(name);

    /// <summary>Waits until a committed view satisfies the condition.</summary>
    private async Task UntilCommittedAsync(Func<View, bool> isFulfilled, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(_options.RequestTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        Signal();
        try
        {
            while (true)
            {
                var serving = await ServingAsync(either.Token);
                if (isFulfilled(serving.View))
                {
                    return;
                }

                await serving.Superseded.WaitAsync(either.Token);
            }
        }
        catch (Exception e) when (e is StoreUnavailableException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new StoreUnavailableException(
                "The change is noted and not committed yet: it is made as soon as that is possible. GET /cluster shows whether it is.", TimeSpan.FromSeconds(1))
            {
                WaitingFor = (e as StoreUnavailableException)?.WaitingFor ?? [],
                OutcomeUnknown = true,
            };
        }
    }

    /// <summary>Drops the wishes that the view has.</summary>
    private void DropFulfilled(View view)
    {
        foreach (var (name, wish) in _wishes)
        {
            var isMember = view.Members.TryGetValue(name, out var member);
            var isFulfilled = wish switch
            {
                Wish.Join => isMember && member!.State != MemberState.Leaving,
                Wish.Leave => !isMember || member!.State == MemberState.Leaving,
                _ => !isMember || member!.IsUp,
            };
            if (isFulfilled)
            {
                _wishes.TryRemove(new KeyValuePair<string, Wish>(name, wish));
            }
        }
    }

    private async Task<string?> ReasonNotToJoinAsync(NodeMonitor monitor, string cluster, CancellationToken cancellationToken)
    {
        try
        {
            var reply = await monitor.Client.DescribeAsync(_options.ReplicaTimeout, cancellationToken);
            return reply.Name != monitor.Client.Name ? $"The node at {monitor.Client.Address} says that it is {reply.Name}, not {monitor.Client.Name}."
                : (!reply.Blank && _rules.JoinEmptyOnly) || (reply.Cluster.Length > 0 && reply.Cluster != cluster)
                    ? $"{monitor.Client.Name} holds data of cluster {reply.Cluster}: empty its data directory before it joins."
                : null;
        }
        catch (NodeUnreachableException)
        {
            // It may join later.
            return null;
        }
    }
}
