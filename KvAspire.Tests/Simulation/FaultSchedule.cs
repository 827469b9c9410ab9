namespace KvAspire.Tests.Simulation;

/// <summary>
/// What goes wrong in a run, and when. Which kinds of faults a run has, and how often, is drawn from its seed, so that
/// some runs are full of one thing.
/// </summary>
internal sealed partial class FaultSchedule
{
    private readonly Simulation _simulation;
    private readonly SimulatedScheduler _scheduler;
    private readonly List<(double Weight, Action Do)> _faults = [];
    private readonly double _pause;
    private bool _isDataLost;

    public FaultSchedule(Simulation simulation)
    {
        _simulation = simulation;
        _scheduler = simulation.Scheduler;
        _pause = _scheduler.Between(0.3, 4).TotalSeconds;
        switch (simulation.Scenario)
        {
            case Scenario.OneNodeAtATime:
                OfferOneNodeAtATime();
                break;
            case Scenario.TwoCoordinators:
                OfferTwoCoordinators();
                break;
            case Scenario.LostDisks:
                OfferLostDisks();
                break;
            case Scenario.Membership:
                OfferMembership();
                break;
            case Scenario.Blackouts:
                OfferBlackouts();
                break;
            default:
                OfferAnything();
                break;
        }
    }

    private void OfferOneNodeAtATime()
    {
        Offer(1, IfWhole(KillNode));
        Offer(1, IfWhole(PauseNode));
        Offer(1, IfWhole(FailDisk));
        Offer(0.3, IfWhole(SlowDisk));
        Offer(0.3, StartSpare);
        Offer(0.3, RemoveNode);
        Offer(0.3, CancelRemoval);
    }

    private void OfferTwoCoordinators()
    {
        Offer(2, Partition);
        Offer(1, Flip);
        Offer(2, SuspendBalancer);
        Offer(0.5, Bounce);
        Offer(1, CutOneWay);
        Offer(1, SlowLinks);
        Offer(1, Isolate);
        Offer(0.5, KillBalancer);
        Offer(0.5, StopBalancer);
        Offer(1, StrikeAtCall);
        Offer(0.5, KillNode);
        Offer(0.3, JumpClock);
        Offer(0.5, Weather);
    }

    private void OfferLostDisks()
    {
        Offer(2, LoseDisk);
        Offer(2, KillNode);
        Offer(1, KillBalancer);
        Offer(0.5, SuspendBalancer);
        Offer(1, StrikeAtCall);
        Offer(0.5, RestartAll);
        Offer(0.5, Bounce);
        Offer(0.5, CutOneWay);
    }

    private void OfferMembership()
    {
        Offer(1, StartSpare);
        Offer(2, RemoveNode);
        Offer(1, CancelRemoval);
        Offer(1, Swap);
        Offer(2, ForgetNode);
        Offer(2, AddAgain);
        Offer(1, KillNode);
        Offer(0.5, KillBalancer);
        Offer(0.5, SuspendBalancer);
        Offer(1, StrikeAtCall);
        Offer(0.5, CutLink);
        Offer(0.2, RestartAll);
    }

    private void OfferBlackouts()
    {
        Offer(2, KillNode);
        Offer(1, Outage);
        Offer(1, Blackout);
        Offer(0.5, RestartAll);
        Offer(0.5, Bounce);
        Offer(0.5, PauseNode);
        Offer(0.5, KillBalancer);
        Offer(0.3, SuspendBalancer);
        Offer(1, CutLink);
        Offer(0.5, CutOneWay);
        Offer(0.5, Isolate);
        Offer(0.5, Partition);
        Offer(0.5, StrikeAtCall);
        Offer(0.3, SlowDisk);
        Offer(0.5, Weather);
        Offer(0.3, GiveUpNode);
        Offer(0.2, StartSpare);
        Offer(0.2, RemoveNode);
    }

    private void OfferAnything()
    {
        Offer(1, KillNode);
        Offer(0.3, IfWhole(KillNode));
        Offer(0.5, PauseNode);
        Offer(0.5, KillBalancer);
        Offer(0.5, PauseBalancer);
        Offer(0.3, SuspendBalancer);
        Offer(0.5, StopBalancer);
        Offer(1, CutLink);
        Offer(0.5, CutOneWay);
        Offer(0.5, Isolate);
        Offer(0.5, Partition);
        Offer(0.1, Flip);
        Offer(0.3, SlowLinks);
        Offer(0.5, StrikeAtCall);
        Offer(0.1, Outage);
        Offer(0.1, RestartAll);
        Offer(0.2, Bounce);
        Offer(0.3, () => LoseData(n => n.Wipe(), _simulation.IsHeldElsewhereToo));
        Offer(0.3, () => LoseData(n => n.PowerCut(), _ => true));
        Offer(0.3, FailDisk);
        Offer(0.3, SlowDisk);
        Offer(0.2, JumpClock);
        Offer(1, Weather);
        Offer(0.3, StartSpare);
        Offer(0.3, RemoveNode);
        Offer(0.1, CancelRemoval);
        Offer(0.1, Swap);
        Offer(0.2, ForgetNode);
        Offer(0.2, AddAgain);
    }

    /// <summary>Lets things go wrong for a while. Each fault ends by itself some time later.</summary>
    public async Task RunAsync(SimulatedProcess world, TimeSpan length)
    {
        var end = _scheduler.Now + length;
        while (_scheduler.Now < end)
        {
            await Task.Delay(_scheduler.Between(0, _scheduler.Chance(0.3) ? 0.3 : _pause * 2), world.Time);
            var lot = _scheduler.Random.NextDouble() * _faults.Sum(f => f.Weight);
            foreach (var (weight, fault) in _faults)
            {
                lot -= weight;
                if (lot < 0)
                {
                    fault();
                    break;
                }
            }
        }
    }

    private void Offer(double weight, Action fault)
    {
        if (_scheduler.Chance(0.6))
        {
            _faults.Add((weight * _scheduler.Random.NextDouble(), fault));
        }
    }

    private Action IfWhole(Action fault) => () =>
    {
        if (_simulation.IsWhole())
        {
            fault();
        }
    };

    private SimulatedNode SomeNode() => _simulation.Nodes[_scheduler.Random.Next(_simulation.Nodes.Count)];

    private SimulatedBalancer SomeBalancer() => _simulation.Balancers[_scheduler.Random.Next(_simulation.Balancers.Count)];

    /// <summary>Mostly short, sometimes long.</summary>
    private TimeSpan Duration() => _scheduler.Chance(0.7) ? _scheduler.Between(0, 2) : _scheduler.Between(0, 8);
}
