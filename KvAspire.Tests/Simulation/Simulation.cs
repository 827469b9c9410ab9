using KvAspire.Balancer.Cluster;
using KvAspire.Balancer.Coordination;
using KvAspire.Balancer.Store;
using KvAspire.Checking;
using KvAspire.Node.Storage;
using EntryVersion = KvAspire.Balancer.Store.EntryVersion;

namespace KvAspire.Tests.Simulation;

/// <summary>
/// A cluster of the product's own nodes and two of its balancers, on a simulated network and clock, with faults and
/// clients. A run follows from its seed alone.
/// </summary>
/// <remarks>
/// At the end everything is healed. Then the cluster must become whole again, all replicas of a key must hold the same, each key must be
/// readable, and what the clients were told must be linearizable.
/// </remarks>
internal sealed partial class Simulation
{
    private static readonly TimeSpan Healing = TimeSpan.FromSeconds(60);

    /// <summary>More than the balancers' clocks can be apart.</summary>
    private static readonly TimeSpan ClocksOff = TimeSpan.FromSeconds(10);

    /// <summary>More than keys. Most of the time goes into views if there are as many as in a real store.</summary>
    private const int SlotCount = 64;

    private const int StepsBetweenLooks = 32;

    private readonly int _seed;
    private readonly SimulatedProcess _world;
    private readonly Histories _histories;
    private readonly TimeSpan _length;
    private readonly ClusterOptions _options;
    private readonly FsyncMode _fsync;
    private readonly SimulatedRules _rules;
    private readonly Invariants _invariants;
    private readonly PowerLosses? _losses;
    private string? _failure;
    private bool _isDone;

    public Simulation(int seed, Scenario scenario, SimulatedRules? rules = null, bool keepLog = true)
    {
        _seed = seed;
        _rules = rules ?? new SimulatedRules();
        Scenario = scenario;
        Scheduler = new SimulatedScheduler(seed, keepLog);
        Network = new SimulatedNetwork(Scheduler);
        _world = new SimulatedProcess("world", Scheduler);
        _length = Scheduler.Between(10, 40);
        var mayLoseTails = scenario is Scenario.OneNodeAtATime or Scenario.Blackouts;
        PowerCuts = mayLoseTails || Scheduler.Chance(0.5);
        _fsync = PowerCuts && !mayLoseTails ? FsyncMode.Always : FsyncMode.OnView;
        _histories = new Histories([.. Enumerable.Range(1, Scheduler.Random.Next(1, scenario is Scenario.TwoCoordinators or Scenario.Membership ? 20 : 6)).Select(n => $"key{n}")], Scheduler.Chance(0.3));
        _losses = scenario == Scenario.Blackouts ? new PowerLosses(this, _histories, SlotCount) : null;
        _options = new ClusterOptions
        {
            SlotCount = SlotCount,
            ReplicationFactor = Scheduler.Chance(scenario == Scenario.LostDisks ? 0.6 : 0.2) ? 3 : 2,
            RequestTimeout = scenario == Scenario.OneNodeAtATime ? TimeSpan.FromSeconds(10) : Scheduler.Between(1, 8),
            RehomeAfter = Scheduler.Chance(0.5) ? TimeSpan.FromMinutes(10) : Scheduler.Between(2, 8),
        };
        // With two, quorums are as small as they get: one node is enough for a change.
        var nodes = scenario == Scenario.TwoCoordinators && Scheduler.Chance(0.4) ? 2 : Scheduler.Random.Next(3, 6);
        for (var n = 1; n <= nodes; n++)
        {
            Nodes.Add(new SimulatedNode($"node{n}", Network, _fsync, _rules, e => _histories.AddStored(e)));
            _options.Nodes.Add($"node{n}");
        }

        _options.Spares.Add("spare");
        for (var n = 1; n <= 2; n++)
        {
            Balancers.Add(new SimulatedBalancer($"balancer{n}", Network, _options, _rules));
        }

        _invariants = new Invariants(this, _histories, SlotCount);
    }

    public Scenario Scenario { get; }

    public ClusterOptions Options => _options;

    /// <summary>What is done to the cluster, instead of the faults that are drawn from the seed. Given the process that plays the world.</summary>
    public Func<SimulatedProcess, Task>? Script { get; set; }

    /// <summary>A key that only the script works on, if there is one; the clients work on the others.</summary>
    public string? ScriptKey { get; set; }

    /// <summary>There are no clients but the script's own.</summary>
    public bool IsQuiet { get; set; }

    /// <summary>Runs after each step.</summary>
    public Action? Observer { get; set; }

    public SimulatedScheduler Scheduler { get; }

    public SimulatedNetwork Network { get; }

    public List<SimulatedNode> Nodes { get; } = [];

    public List<SimulatedBalancer> Balancers { get; } = [];

    /// <summary>
    /// Nodes may lose what they have not synced at any time. They sync each batch then, unless only one at a time loses power, or in
    /// <see cref="Scenario.Blackouts"/>.
    /// </summary>
    public bool PowerCuts { get; }

    public IReadOnlyList<string> Hosts => [.. Nodes.Select(n => n.Name), .. Balancers.Select(b => b.Name)];

    public Histories Histories => _histories;

    /// <summary>One run, in the caller's thread. A run that fails is repeated, to tell what happened in it.</summary>
    /// <param name="seed">Decides everything.</param>
    /// <param name="scenario">What may go wrong.</param>
    /// <param name="rules">The rules that hold; all of them by default.</param>
    public static SimulationResult Run(int seed, Scenario scenario = Scenario.Anything, SimulatedRules? rules = null)
    {
        var result = Run(new Simulation(seed, scenario, rules, keepLog: false));
        if (result.Failure is null)
        {
            return result;
        }

        var again = Run(new Simulation(seed, scenario, rules));
        var (hash, hashAgain) = (result.Scheduler.Log.Hash, again.Scheduler.Log.Hash);
        return again.Failure is not null && hash == hashAgain ? again : again with
        {
            Failure = $"{result.Failure} (repeated, the run was another one, of hash {hashAgain:x}, not {hash:x}: {again.Failure ?? "it went well"})",
        };
    }

    /// <summary>One run of what was made ready, in the caller's thread.</summary>
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

    /// <summary>An operator asks the coordinator for something. False if none serves.</summary>
    public bool AskOperator(string what, Func<Coordinator, Task<AdminOutcome>> ask)
    {
        var serving = Balancers.Find(b => b is { IsUp: true, Process.IsPaused: false, Coordinator.HoldsLease: true });
        if (serving is not null)
        {
            AskOperator(serving, what, ask);
        }

        return serving is not null;
    }

    /// <summary>An operator asks a balancer that cannot serve yet. False if there is none.</summary>
    public bool AskOperatorAtStart(string what, Func<Coordinator, Task<AdminOutcome>> ask)
    {
        var starting = Balancers.Find(b => b is { IsUp: true, Process.IsPaused: false, Coordinator: { State.Phase: CoordinatorPhase.Starting } });
        if (starting is not null)
        {
            AskOperator(starting, what, ask);
        }

        return starting is not null;
    }

    private void AskOperator(SimulatedBalancer balancer, string what, Func<Coordinator, Task<AdminOutcome>> ask) => balancer.Process!.Run(async () =>
    {
        Scheduler.Log.Write("operator", what);
        try
        {
            var outcome = await ask(balancer.Coordinator!);
            Scheduler.Log.Write("operator", outcome.Detail);
        }
        catch (StoreUnavailableException e)
        {
            Scheduler.Log.Write("operator", e.Message);
        }
    });

    public void StartSpare()
    {
        if (!Nodes.Exists(n => n.Name == "spare"))
        {
            var spare = new SimulatedNode("spare", Network, _fsync, _rules, e => _histories.AddStored(e));
            Nodes.Add(spare);
            Scheduler.Log.CountFault("node added");
            spare.Start();
        }
    }

    /// <summary>A coordinator has this answer for a client.</summary>
    public void Watch(SimulatedBalancer by, string key, OperationKind kind, OperationOutcome? outcome, EntryVersion? version)
    {
        if (kind == OperationKind.Read && outcome == OperationOutcome.Ok)
        {
            Blame(_invariants.FindViolationAtRead(by));
        }
        else if (outcome == OperationOutcome.Ok && version is { } acknowledged)
        {
            _histories.AddAcknowledged(key, acknowledged, Scheduler.Now);
        }
    }

    private void Blame(string? violation)
    {
        if (violation is not null)
        {
            Scheduler.Log.Errors.Add(violation);
        }
    }

    private bool IsBroken()
    {
        if (Scheduler.Steps % StepsBetweenLooks == 0 || _invariants.HasServingChanged())
        {
            Blame(_invariants.FindViolation());
        }

        return Scheduler.Log.Errors.Count > 0;
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
        if (!Scheduler.Run(IsOver, _length + (Healing * 10)))
        {
            _failure = "the run does not end";
        }

        _failure ??= Scheduler.Log.Errors.FirstOrDefault() ?? Judge();
        EndProcesses();
        return new SimulationResult(_seed, _failure, Scheduler, _histories);
    }

    /// <summary>Meters and the like are known to the whole runtime: what is not ended would pile up there from run to run.</summary>
    private void EndProcesses()
    {
        Nodes.ForEach(n => n.Process?.Kill());
        Balancers.ForEach(b => b.Process?.Kill());
    }

    private bool IsOver()
    {
        Observer?.Invoke();
        Blame(_losses?.Look());
        return _isDone || IsBroken();
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
        var clients = Enumerable.Range(1, IsQuiet ? 0 : Scheduler.Random.Next(2, 8))
            .Select(n => new SimulatedClient(n, _world, this, patience).RunAsync(() => isOver, pause))
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

        var reader = new SimulatedClient(99, _world, this, patience);
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
        Network.Release();
        Network.Loss = 0;
        Network.Slow = 0;
        Network.SlowLinks.Clear();
        Network.AtCall = null;
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
        var slot = Rendezvous.SlotOf(bytes, _options.SlotCount);
        var chain = Serving()?.Slots[slot].Chain ?? [];
        // A node that was removed for good keeps what it had; it may not come back with it.
        var held = Nodes.Where(n => Serving() is not { } view || !IsLeftOut(n, view)).Select(n => (n.Name, Entry: n.Disk.TryGet(slot, bytes, out var entry) && Histories.StaysForGood(entry) ? entry.Version.ToString() : "none")).ToList();
        var isSame = held.Where(h => chain.Contains(h.Name)).Select(h => h.Entry).Distinct().Count() <= 1;
        return isSame && held.All(h => chain.Contains(h.Name) || h.Entry == "none")
            ? null
            : $"{key} should be the same on {string.Join(", ", chain)}, and nowhere else: {string.Join(", ", held)}";
    }
}
