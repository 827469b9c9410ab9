namespace KvAspire.Tests.Simulation;

/// <summary>
/// What goes wrong in a run, and when. Which kinds of faults a run has, and how often, is drawn from its seed, so that
/// some runs are full of one thing.
/// </summary>
internal sealed class FaultSchedule
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
        if (simulation.Scenario == Scenario.OneNodeAtATime)
        {
            Offer(1, IfWhole(KillNode));
            Offer(1, IfWhole(PauseNode));
            Offer(1, IfWhole(FailDisk));
            Offer(0.3, StartSpare);
            Offer(0.3, _simulation.RemoveNode);
            return;
        }

        Offer(1, KillNode);
        Offer(0.3, IfWhole(KillNode));
        Offer(0.5, PauseNode);
        Offer(0.5, KillBalancer);
        Offer(0.5, PauseBalancer);
        Offer(0.5, StopBalancer);
        Offer(1, CutLink);
        Offer(0.5, Isolate);
        Offer(0.1, Outage);
        Offer(0.3, () => LoseData(n => n.Wipe()));
        Offer(0.3, () => LoseData(n => n.PowerCut()));
        Offer(0.3, FailDisk);
        Offer(1, Weather);
        Offer(0.3, StartSpare);
        Offer(0.3, _simulation.RemoveNode);
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

    private void KillNode() => KillNode(SomeNode());

    private void KillNode(SimulatedNode node)
    {
        if (node.IsUp && !IsDataLost())
        {
            if (_simulation.PowerCuts && _scheduler.Chance(0.5))
            {
                node.PowerCut();
            }
            else
            {
                node.Kill();
            }

            _scheduler.After(Duration(), () => Restart(node));
        }
    }

    private static void Restart(SimulatedNode node)
    {
        if (!node.IsUp)
        {
            node.Start();
        }
    }

    /// <summary>One node loses its data, or what it has not synced: only while there is another copy of all it holds.</summary>
    private void LoseData(Action<SimulatedNode> how)
    {
        var node = SomeNode();
        if (node.IsUp && _simulation.IsWhole() && !_simulation.Network.HasCuts)
        {
            _isDataLost = true;
            how(node);
            _scheduler.After(Duration(), () => Restart(node));
        }
    }

    /// <summary>One copy is gone; the store promises nothing if the other one is in trouble before it is made up for.</summary>
    private bool IsDataLost() => _isDataLost &= !_simulation.IsWhole();

    private void FailDisk()
    {
        var node = SomeNode();
        if (node.IsUp && !IsDataLost())
        {
            node.FailDisk();
            _scheduler.After(Duration(), () =>
            {
                node.Kill();
                node.Start();
            });
        }
    }

    private void Outage()
    {
        foreach (var node in _simulation.Nodes.Where(_ => _scheduler.Chance(0.8)))
        {
            KillNode(node);
        }
    }

    private void PauseNode()
    {
        if (!IsDataLost())
        {
            Pause(SomeNode().Process);
        }
    }

    private void PauseBalancer() => Pause(SomeBalancer().Process);

    private void Pause(SimulatedProcess? process)
    {
        if (process is { IsAlive: true, IsPaused: false })
        {
            _scheduler.Log.Write(process.Host, "is paused");
            _scheduler.Log.CountFault("process paused");
            process.IsPaused = true;
            _scheduler.After(Duration(), () =>
            {
                _scheduler.Log.Write(process.Host, "goes on");
                process.IsPaused = false;
            });
        }
    }

    private void KillBalancer()
    {
        var balancer = SomeBalancer();
        if (balancer.IsUp)
        {
            balancer.Kill();
            RestartLater(balancer);
        }
    }

    private void StopBalancer()
    {
        var balancer = SomeBalancer();
        if (balancer is { IsUp: true, Process.IsPaused: false, Coordinator: not null })
        {
            balancer.Stop();
            RestartLater(balancer);
        }
    }

    private void RestartLater(SimulatedBalancer balancer) => _scheduler.After(Duration(), () =>
    {
        if (!balancer.IsUp)
        {
            balancer.Start();
        }
        else
        {
            RestartLater(balancer);
        }
    });

    private void CutLink()
    {
        var hosts = _simulation.Hosts;
        Cut(hosts[_scheduler.Random.Next(hosts.Count)], hosts[_scheduler.Random.Next(hosts.Count)], Duration());
    }

    private void Isolate()
    {
        var hosts = _simulation.Hosts;
        var host = hosts[_scheduler.Random.Next(hosts.Count)];
        var (isDeaf, isMute) = _scheduler.Random.Next(3) switch { 0 => (true, true), 1 => (true, false), _ => (false, true) };
        var duration = Duration();
        foreach (var other in hosts.Where(h => h != host))
        {
            if (isDeaf)
            {
                Cut(other, host, duration);
            }

            if (isMute)
            {
                Cut(host, other, duration);
            }
        }
    }

    private void Cut(string from, string to, TimeSpan duration)
    {
        if (from != to && !IsDataLost() && !_simulation.Network.IsCut(from, to))
        {
            _scheduler.Log.Write("network", $"{from} → {to} is cut");
            _scheduler.Log.CountFault("link cut");
            _simulation.Network.Cut(from, to);
            _scheduler.After(duration, () =>
            {
                _scheduler.Log.Write("network", $"{from} → {to} is whole again");
                _simulation.Network.Heal(from, to);
            });
        }
    }

    private void Weather()
    {
        _scheduler.Log.CountFault("weather");
        _simulation.Network.Loss = _scheduler.Chance(0.5) ? 0 : _scheduler.Random.NextDouble() * 0.05;
        _simulation.Network.Slow = _scheduler.Chance(0.5) ? 0 : _scheduler.Random.NextDouble() * 0.2;
    }

    private void StartSpare() => _simulation.StartSpare();
}
