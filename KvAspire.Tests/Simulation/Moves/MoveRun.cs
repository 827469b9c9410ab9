using KvAspire.Balancer.Cluster;
using KvAspire.Balancer.Store;

namespace KvAspire.Tests.Simulation.Moves;

/// <summary>
/// A run of the simulation in which one node joins or is removed, and one party of the move is killed at the first step at which
/// a slot of the clients is at a given stage; it is started again some time later. Then the move has to end.
/// </summary>
/// <remarks>
/// All the rest is the simulation's: the clients, and what it asks for at the end. While a node is away every operation must be
/// answered, since another copy is there.
/// </remarks>
internal sealed class MoveRun
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Simulation _simulation;
    private readonly MovePlan _plan;
    private readonly MoveKind _kind;
    private readonly MoveStage _stage;
    private readonly MoveParty _party;
    private bool _isKilled;
    private string? _failure;

    private MoveRun(Simulation simulation, MovePlan plan, MoveKind kind, MoveStage stage, MoveParty party)
    {
        (_simulation, _plan, _kind, _stage, _party) = (simulation, plan, kind, stage, party);
        _simulation.Script = PlayAsync;
    }

    /// <param name="seed">The run follows from it; cluster and keys are those of the first seed from a thousand times it on in which a key moves.</param>
    /// <param name="kind">What happens.</param>
    /// <param name="stage">When the party is killed.</param>
    /// <param name="party">Who is killed.</param>
    public static SimulationResult Run(int seed, MoveKind kind, MoveStage stage, MoveParty party)
    {
        for (var next = seed * 1000; ; next++)
        {
            var simulation = new Simulation(next, party == MoveParty.Coordinator ? Scenario.Anything : Scenario.OneNodeAtATime);
            if (MovePlan.Of(simulation, kind) is { } plan)
            {
                var run = new MoveRun(simulation, plan, kind, stage, party);
                var result = Simulation.Run(simulation);
                return result with { Failure = run._failure ?? result.Failure };
            }
        }
    }

    private View? Serving => _simulation.Serving();

    private bool IsOver => _simulation.IsWhole() && (_kind == MoveKind.Join
        ? Serving!.Members.ContainsKey(_plan.Target)
        : !Serving!.Members.ContainsKey(_plan.OldOwner));

    /// <summary>A removal that no committed view has is forgotten with the coordinator that was asked for it.</summary>
    private bool IsUndone => _kind == MoveKind.Removal && _stage == MoveStage.FillingProposed && _party == MoveParty.Coordinator
        && _simulation.IsWhole() && Serving!.Members.ContainsKey(_plan.OldOwner);

    private async Task PlayAsync(SimulatedProcess world)
    {
        if (!await UntilAsync(world, () => Node(_plan.OldOwner).Disk.Scan(_plan.Slot).Any()))
        {
            _failure = $"nothing was written in slot {_plan.Slot}";
            return;
        }

        _simulation.Observer = Observe;
        Begin();
        if (!await UntilAsync(world, () => _isKilled))
        {
            _failure = $"{_stage} was never seen";
            return;
        }

        // Not at once: the cluster may be whole because nobody has noticed yet.
        await Task.Delay(TimeSpan.FromSeconds(5), world.Time);
        if (!await UntilAsync(world, () => IsOver || IsUndone))
        {
            _failure = $"the {_kind} of slot {_plan.Slot} to {_plan.Target} does not end";
        }
        else if (IsUndone)
        {
            Begin();
            if (!await UntilAsync(world, () => IsOver))
            {
                _failure = "what was undone cannot be done again";
            }
        }
    }

    private void Begin()
    {
        if (_kind == MoveKind.Join)
        {
            _simulation.StartSpare();
            return;
        }

        var serving = Coordinating()!;
        serving.Process!.Run(async () =>
        {
            try
            {
                await serving.Coordinator!.RemoveAsync(_plan.OldOwner, CancellationToken.None);
            }
            catch (StoreUnavailableException)
            {
                // It is seen whether it is done.
            }
        });
    }

    private void Observe()
    {
        if (!_isKilled && Serving is { } view && Holds(view))
        {
            _isKilled = true;
            _simulation.Observer = null;
            Kill(view);
        }
    }

    private bool Holds(View view)
    {
        var slot = view.Slots[_plan.Slot];
        return _stage switch
        {
            MoveStage.FillingProposed => !slot.IsFilling(_plan.Target) && !slot.Chain.Contains(_plan.Target) && IsProposed(view, isOnChain: false),
            MoveStage.Filling => slot.IsFilling(_plan.Target) && !IsCopied(view),
            MoveStage.Copied => slot.IsFilling(_plan.Target) && IsCopied(view) && !IsProposed(view, isOnChain: true),
            MoveStage.HandOverProposed => slot.IsFilling(_plan.Target) && IsProposed(view, isOnChain: true),
            MoveStage.HandedOver => slot.Chain.Contains(_plan.Target) && !slot.Chain.Contains(_plan.OldOwner) && Node(_plan.OldOwner).Disk.Scan(_plan.Slot).Any(),
            _ => throw new InvalidOperationException($"{_stage}"),
        };
    }

    /// <summary>A node has a later view than the one in force, in which the target is being filled or, if asked for, on the chain.</summary>
    private bool IsProposed(View inForce, bool isOnChain) => _simulation.Nodes.Exists(n =>
        n is { IsUp: true, Core.CurrentView: { View: { } proposed } installed }
        && installed.Epoch > inForce.Epoch.Packed
        && (isOnChain
            ? proposed.Slots[_plan.Slot].Chain.Any(m => proposed.Members[(int)m].Name == _plan.Target)
            : proposed.Slots[_plan.Slot].CatchingUp.Any(c => proposed.Members[(int)c.Member].Name == _plan.Target)));

    private bool IsCopied(View view) => Coordinating()!.Coordinator!.Filler.Copied(view).Contains((_plan.Slot, _plan.Target));

    private void Kill(View view)
    {
        _simulation.Scheduler.Log.Write("world", $"{_stage} of slot {_plan.Slot} from {_plan.OldOwner} to {_plan.Target}: the {_party} goes");
        var away = _simulation.Scheduler.Between(0, 6);
        if (_party == MoveParty.Coordinator)
        {
            var balancer = Coordinating()!;
            balancer.Kill();
            _simulation.Scheduler.After(away, balancer.Start);
            return;
        }

        var node = Node(_party switch
        {
            MoveParty.Source => view.Slots[_plan.Slot].Chain[^1],
            MoveParty.Target => _plan.Target,
            _ => _plan.OldOwner,
        });
        node.Kill();
        _simulation.Scheduler.After(away, node.Start);
    }

    private SimulatedBalancer? Coordinating() =>
        _simulation.Balancers.Find(b => b is { IsUp: true, Coordinator: { HoldsLease: true, Serving: not null } });

    private SimulatedNode Node(string name) => _simulation.Nodes.Single(n => n.Name == name);

    private async Task<bool> UntilAsync(SimulatedProcess world, Func<bool> holds)
    {
        var end = _simulation.Scheduler.Now + Patience;
        while (!holds())
        {
            if (_simulation.Scheduler.Now > end)
            {
                return false;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), world.Time);
        }

        return true;
    }
}
