using KvAspire.Balancer.Cluster;
using KvAspire.Balancer.Store;
using KvAspire.Node.Storage;
using KvAspire.Tests.Checking;

namespace KvAspire.Tests.Simulation;

/// <summary>
/// A cluster of the product's own nodes and two of its balancers, on a simulated network and clock, with faults and
/// clients. A run follows from its seed alone.
/// </summary>
/// <remarks>
/// At the end everything is healed. Then the cluster must become whole again, all replicas of a key must hold the same, each key must be
/// readable, and what the clients were told must be linearizable.
/// </remarks>
internal sealed class Simulation
{
    private static readonly TimeSpan Healing = TimeSpan.FromSeconds(60);

    /// <summary>More than the balancers' clocks can be apart.</summary>
    private static readonly TimeSpan ClocksOff = TimeSpan.FromSeconds(10);

    private readonly int _seed;
    private readonly SimulatedProcess _world;
    private readonly Histories _histories;
    private readonly TimeSpan _length;
    private readonly ClusterOptions _options;
    private readonly FsyncMode _fsync;
    private string? _failure;
    private bool _isDone;

    public Simulation(int seed, Scenario scenario)
    {
        _seed = seed;
        Scenario = scenario;
        Scheduler = new SimulatedScheduler(seed);
        Network = new SimulatedNetwork(Scheduler);
        _world = new SimulatedProcess("world", Scheduler);
        _length = Scheduler.Between(10, 40);
        PowerCuts = scenario == Scenario.OneNodeAtATime || Scheduler.Chance(0.5);
        _fsync = scenario == Scenario.Anything && PowerCuts ? FsyncMode.Always : FsyncMode.OnView;
        _histories = new Histories([.. Enumerable.Range(1, Scheduler.Random.Next(1, 6)).Select(n => $"key{n}")], Scheduler.Chance(0.3));
        _options = new ClusterOptions
        {
            ReplicationFactor = Scheduler.Random.Next(5) switch { 0 => 3, _ => 2 },
            RequestTimeout = scenario == Scenario.OneNodeAtATime ? TimeSpan.FromSeconds(10) : Scheduler.Between(1, 8),
            RehomeAfter = Scheduler.Chance(0.5) ? TimeSpan.FromMinutes(10) : Scheduler.Between(2, 8),
        };
        for (var n = 1; n <= Scheduler.Random.Next(3, 6); n++)
        {
            Nodes.Add(new SimulatedNode($"node{n}", Network, _fsync));
            _options.Nodes.Add($"node{n}");
        }

        _options.Spares.Add("spare");
        for (var n = 1; n <= 2; n++)
        {
            Balancers.Add(new SimulatedBalancer($"balancer{n}", Network, _options));
        }
    }

    public Scenario Scenario { get; }

    public ClusterOptions Options => _options;

    /// <summary>What is done to the cluster, instead of the faults that are drawn from the seed. Given the process that plays the world.</summary>
    public Func<SimulatedProcess, Task>? Script { get; set; }

    /// <summary>Runs after each step.</summary>
    public Action? Observer { get; set; }

    public SimulatedScheduler Scheduler { get; }

    public SimulatedNetwork Network { get; }

    public List<SimulatedNode> Nodes { get; } = [];

    public List<SimulatedBalancer> Balancers { get; } = [];

    /// <summary>
    /// Nodes may lose what they have not synced at any time; they sync each batch if several may lose power together.
    /// </summary>
    public bool PowerCuts { get; }

    public IReadOnlyList<string> Hosts => [.. Nodes.Select(n => n.Name), .. Balancers.Select(b => b.Name)];

    public Histories Histories => _histories;

    public static SimulationResult Run(int seed, Scenario scenario = Scenario.Anything) => Run(new Simulation(seed, scenario));

    public static SimulationResult Run(Simulation simulation)
    {
        var before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            return simulation.Run();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }
    }

    /// <summary>Each slot has all its copies on nodes that are up, under a view that all of them have.</summary>
    public bool IsWhole() =>
        Serving() is { } view
        && view.Members.Values.All(m => m.State == MemberState.Active)
        && Nodes.All(n => n is { IsUp: true, IsDiskFailing: false, Process.IsPaused: false }
            && (n.Core?.CurrentView.Epoch == view.Epoch.Packed || view.Removed.Contains(n.Name)))
        && view.Slots.All(s => s.Filling.IsEmpty && s.Chain.Length == Math.Min(_options.ReplicationFactor, view.Members.Count));

    private string Describe() => Serving() is { } view
        ? $"view {view.Epoch}; {string.Join(", ", view.Members.Values.Select(m => $"{m.Name} {m.State} {m.DownSince}"))}; "
            + $"{view.Slots.Sum(s => s.Filling.Length)} to fill, {ViewPlanner.OutOfOrder(view).Count()} out of order; nodes "
            + string.Join(", ", Nodes.Select(n => $"{n.Name} up {n.IsUp} at {n.Core?.CurrentView.Epoch:x} {n.Core?.Fault}"))
        : "nobody serves";

    /// <summary>An operator has a node removed for good; what he is told does not matter here.</summary>
    public void RemoveNode()
    {
        var serving = Balancers.Find(b => b is { IsUp: true, Process.IsPaused: false, Coordinator.HoldsLease: true });
        if (serving is not null && IsWhole())
        {
            var node = Nodes[Scheduler.Random.Next(Nodes.Count)].Name;
            Scheduler.Log.Write("world", $"{node} is to be removed");
            Scheduler.Log.CountFault("node removed");
            serving.Process!.Run(async () =>
            {
                try
                {
                    var outcome = await serving.Coordinator!.RemoveAsync(node, CancellationToken.None);
                    Scheduler.Log.Write("world", outcome.Detail);
                }
                catch (StoreUnavailableException e)
                {
                    Scheduler.Log.Write("world", e.Message);
                }
            });
        }
    }

    public void StartSpare()
    {
        if (!Nodes.Exists(n => n.Name == "spare"))
        {
            var spare = new SimulatedNode("spare", Network, _fsync);
            Nodes.Add(spare);
            Scheduler.Log.CountFault("node added");
            spare.Start();
        }
    }

    private SimulationResult Run()
    {
        Nodes.ForEach(n => n.Start());
        Balancers.ForEach(b => b.Start());
        _world.Run(async () =>
        {
            _failure = await LiveAsync();
            _isDone = true;
        });
        if (!Scheduler.Run(IsDone, _length + (Healing * 10)))
        {
            _failure = "the run does not end";
        }

        _failure ??= Scheduler.Log.Errors.FirstOrDefault() ?? Judge();
        return new SimulationResult(_seed, _failure, Scheduler, _histories);
    }

    private bool IsDone()
    {
        Observer?.Invoke();
        return _isDone;
    }

    /// <summary>Faults, then healing. The failure; null if there is none.</summary>
    private async Task<string?> LiveAsync()
    {
        if (!await UntilAsync(IsOrderly, Healing))
        {
            return "the cluster does not begin";
        }

        var isOver = false;
        var patience = _options.RequestTimeout + TimeSpan.FromSeconds(Scheduler.Chance(0.2) ? -0.5 : 0.5);
        var pause = Scheduler.Random.Next(3) switch { 0 when !_histories.HaveTimesToLive => 0.01, 1 => 0.05, _ => 0.2 };
        var clients = Enumerable.Range(1, Scheduler.Random.Next(2, 8))
            .Select(n => new SimulatedClient(n, _world, Network, Balancers, _histories, patience).RunAsync(() => isOver, pause))
            .ToList();
        await (Script?.Invoke(_world) ?? new FaultSchedule(this).RunAsync(_world, _length));
        Heal();
        if (!await UntilAsync(IsOrderly, Healing))
        {
            return $"the cluster does not become whole again: {Describe()}";
        }

        isOver = true;
        await Task.WhenAll(clients);
        if (_histories.HaveTimesToLive)
        {
            await Task.Delay(ClocksOff, _world.Time);
        }

        var reader = new SimulatedClient(99, _world, Network, Balancers, _histories, patience);
        foreach (var key in _histories.Keys)
        {
            if (!await reader.ReadAsync(key, Healing))
            {
                return $"{key} cannot be read";
            }

            if (_histories.Of(key)[^1].Value is { } value && _histories.ExpiryOf(key, value) + ClocksOff < Scheduler.Now)
            {
                return $"{key} has not expired";
            }
        }

        return await UntilAsync(() => _histories.Keys.All(k => Differs(k) is null), Healing)
            ? null
            : _histories.Keys.Select(Differs).FirstOrDefault(d => d is not null);
    }

    private void Heal()
    {
        Scheduler.Log.Write("world", "everything is healed");
        Network.HealAll();
        Network.Loss = 0;
        Network.Slow = 0;
        foreach (var node in Nodes)
        {
            if (!node.IsUp)
            {
                node.Start();
            }

            node.Process!.IsPaused = false;
        }

        foreach (var balancer in Balancers)
        {
            if (!balancer.IsUp)
            {
                balancer.Start();
            }

            balancer.Process!.IsPaused = false;
        }
    }

    private bool IsOrderly() => IsWhole() && !ViewPlanner.OutOfOrder(Serving()!).Any();

    /// <summary>The view in force; null while nobody serves.</summary>
    public View? Serving() =>
        Balancers.Where(b => b.IsUp && b.Coordinator is { HoldsLease: true }).Select(b => b.Coordinator!.Serving?.View).FirstOrDefault(v => v is not null);

    private async Task<bool> UntilAsync(Func<bool> holds, TimeSpan limit)
    {
        var end = Scheduler.Now + limit;
        while (!holds())
        {
            if (Scheduler.Now > end)
            {
                return false;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), _world.Time);
        }

        return true;
    }

    /// <summary>With nothing in hand all in-sync replicas hold the same of a key; and nobody else holds anything.</summary>
    private string? Differs(string key)
    {
        var bytes = System.Text.Encoding.UTF8.GetBytes(key);
        var slot = Rendezvous.SlotOf(bytes);
        var chain = Serving()?.Slots[slot].Chain ?? [];
        // A node that was removed for good keeps what it had; it may not come back with it.
        var held = Nodes.Where(n => Serving()?.Removed.Contains(n.Name) != true).Select(n => (n.Name, Entry: n.Disk.TryGet(slot, bytes, out var entry) && entry is { Tombstone: false, ExpiresAt: 0 } ? entry.Version.ToString() : "none")).ToList();
        var isSame = held.Where(h => chain.Contains(h.Name)).Select(h => h.Entry).Distinct().Count() <= 1;
        return isSame && held.All(h => chain.Contains(h.Name) || h.Entry == "none")
            ? null
            : $"{key} should be the same on {string.Join(", ", chain)}, and nowhere else: {string.Join(", ", held)}";
    }

    private string? Judge()
    {
        if (Scenario == Scenario.OneNodeAtATime && _histories.Failures.Count > 0)
        {
            return $"a client was not answered although one node at most was in trouble: {_histories.Failures[0]}";
        }

        foreach (var key in _histories.Keys)
        {
            var history = _histories.Of(key);
            var isLinearizable = LinearizabilityChecker.IsLinearizable(history);
            if (isLinearizable is null)
            {
                return $"whether what the clients were told of {key} is linearizable takes too long to tell";
            }

            if (isLinearizable is false)
            {
                var end = LinearizabilityChecker.FirstContradiction(history);
                var lines = history.Where(o => o.Start < end).OrderBy(o => o.Start).Select(o => o.End == end ? $"{o}  ← not explained" : $"{o}");
                return $"what the clients were told of {key} is not linearizable, up to step {end}:\n{string.Join("\n", lines.TakeLast(40))}";
            }
        }

        return null;
    }
}
