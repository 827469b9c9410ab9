namespace KvAspire.Tests.Simulation;

/// <content>Processes, disks and clocks.</content>
internal sealed partial class FaultSchedule
{
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

    private void Restart(SimulatedNode node)
    {
        if (!node.IsUp && node != _givenUp)
        {
            node.Start();
        }
    }

    /// <summary>One node loses its data, or what it has not synced: only while there is another copy of all it holds.</summary>
    private void LoseData(Action<SimulatedNode> how, Func<SimulatedNode, bool> isBearable)
    {
        var node = SomeNode();
        if (node.IsUp && isBearable(node) && _simulation.IsWhole() && !_simulation.Network.HasCuts)
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

    /// <summary>The power of the whole site fails; machines come up again one by one.</summary>
    private void Blackout()
    {
        _scheduler.Log.CountFault("blackout");
        foreach (var node in _simulation.Nodes)
        {
            node.PowerCut();
            _scheduler.After(Duration(), () => Restart(node));
        }

        foreach (var balancer in _simulation.Balancers.Where(b => b.IsUp && _scheduler.Chance(0.5)))
        {
            balancer.Kill();
            RestartLater(balancer);
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

    private void Pause(SimulatedProcess? process) => Pause(process, Duration());

    private void Pause(SimulatedProcess? process, TimeSpan duration)
    {
        if (process is { IsAlive: true, IsPaused: false })
        {
            _scheduler.Log.Write(process.Host, "is paused");
            _scheduler.Log.CountFault("process paused");
            process.IsPaused = true;
            _scheduler.After(duration, () =>
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

    /// <summary>Long enough for the other balancer to take over.</summary>
    private void SuspendBalancer() => Pause(SomeBalancer().Process, _scheduler.Between(1.8, 6));

    /// <summary>One node comes back empty; what it held is on the disks of others, who may die, and come back with them.</summary>
    private void LoseDisk()
    {
        var node = SomeNode();
        if (node.IsUp && _simulation.IsHeldElsewhereToo(node))
        {
            node.Wipe();
            _scheduler.After(_scheduler.Between(0, 2), () => Restart(node));
        }
    }

    /// <summary>Most nodes die at once and are back before anybody's lease has run out.</summary>
    private void Bounce()
    {
        if (IsDataLost())
        {
            return;
        }

        _scheduler.Log.CountFault("nodes bounced");
        foreach (var node in _simulation.Nodes.Where(n => n.IsUp && _scheduler.Chance(0.8)))
        {
            node.Kill();
            _scheduler.After(_scheduler.Between(0.01, 0.3), () => Restart(node));
        }
    }

    /// <summary>Nobody keeps anything but what is on the disks.</summary>
    private void RestartAll()
    {
        if (IsDataLost())
        {
            return;
        }

        _scheduler.Log.CountFault("everything restarted");
        foreach (var node in _simulation.Nodes)
        {
            KillNode(node);
        }

        foreach (var balancer in _simulation.Balancers.Where(b => b.IsUp))
        {
            balancer.Kill();
            RestartLater(balancer);
        }
    }

    /// <summary>The medium is slow: each sync holds the whole node up.</summary>
    private void SlowDisk()
    {
        var process = SomeNode().Process;
        if (process is not { IsAlive: true, IsPaused: false })
        {
            return;
        }

        _scheduler.Log.Write(process.Host, "has a slow disk");
        _scheduler.Log.CountFault("disk slow");
        var end = _scheduler.Now + Duration();
        Stutter();

        void Stutter()
        {
            if (process.IsAlive && !process.IsPaused && _scheduler.Now < end)
            {
                process.IsPaused = true;
                _scheduler.After(_scheduler.Between(0.02, 0.4), () =>
                {
                    process.IsPaused = false;
                    _scheduler.After(_scheduler.Between(0.001, 0.1), Stutter);
                });
            }
        }
    }

    private void JumpClock()
    {
        if (SomeBalancer().Process is { IsAlive: true } process)
        {
            process.ClockOff = _scheduler.Between(-3, 3);
            _scheduler.Log.Write(process.Host, $"has a clock that is {process.ClockOff.TotalSeconds:0.0} s off");
            _scheduler.Log.CountFault("clock jumped");
        }
    }
}
