namespace KvAspire.Tests.Simulation;

/// <content>The network.</content>
internal sealed partial class FaultSchedule
{
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
            var cut = _simulation.Network.Cut(from, to);
            _scheduler.After(duration, () =>
            {
                if (_simulation.Network.Heal(from, to, cut))
                {
                    _scheduler.Log.Write("network", $"{from} → {to} is whole again");
                }
            });
        }
    }

    private void Weather()
    {
        _scheduler.Log.CountFault("weather");
        _simulation.Network.Loss = _scheduler.Chance(0.5) ? 0 : _scheduler.Random.NextDouble() * 0.05;
        _simulation.Network.Slow = _scheduler.Chance(0.5) ? 0 : _scheduler.Random.NextDouble() * 0.2;
    }

    /// <summary>One direction between a balancer and one node, for long: the other balancer may see the node well.</summary>
    private void CutOneWay()
    {
        var (balancer, node) = (SomeBalancer().Name, SomeNode().Name);
        var (from, to) = _scheduler.Chance(0.5) ? (balancer, node) : (node, balancer);
        Cut(from, to, _scheduler.Between(0.5, 8));
    }

    /// <summary>Two sides that do not hear each other, mostly with a balancer on each, for longer than a lease.</summary>
    private void Partition()
    {
        var left = _simulation.Hosts.Where(_ => _scheduler.Chance(0.5)).ToHashSet();
        if (_scheduler.Chance(0.8))
        {
            left.Remove(_simulation.Balancers[0].Name);
            left.Add(_simulation.Balancers[1].Name);
        }

        Part(left, _scheduler.Between(1, 14));
    }

    private void Part(HashSet<string> left, TimeSpan duration)
    {
        _scheduler.Log.CountFault("network parted");
        foreach (var (from, to) in from a in _simulation.Hosts from b in _simulation.Hosts where left.Contains(a) != left.Contains(b) select (a, b))
        {
            Cut(from, to, duration);
        }
    }

    /// <summary>
    /// Some nodes are cut off; and just as the coordinator installs a view without them, it is cut off from all others, and
    /// reaches those: it does not hear who has that view, and the other balancer does.
    /// </summary>
    private void Flip()
    {
        if (_simulation.Network.HasCuts || _simulation.Network.AtCall is not null || IsDataLost())
        {
            return;
        }

        var cutOff = _simulation.Nodes.Where(_ => _scheduler.Chance(0.5)).Select(n => n.Name).ToHashSet();
        Part(cutOff, TimeSpan.FromSeconds(6));
        _simulation.Network.AtCall = (from, to, called) =>
        {
            if (called == "Install" && _simulation.Balancers.Exists(b => b.Name == from))
            {
                _simulation.Network.AtCall = null;
                _simulation.Network.HealAll();
                cutOff.Add(from);
                Part(cutOff, _scheduler.Between(4, 12));
            }
        };
    }

    /// <summary>Single messages from one host to others come very late, those after them on other connections do not.</summary>
    private void SlowLinks()
    {
        var hosts = _simulation.Hosts;
        var host = hosts[_scheduler.Random.Next(hosts.Count)];
        var links = hosts.Where(h => h != host && _scheduler.Chance(0.5)).Select(h => _scheduler.Chance(0.5) ? (host, h) : (h, host)).ToList();
        _scheduler.Log.Write("network", $"slow: {string.Join(", ", links.Select(l => $"{l.Item1} → {l.Item2}"))}");
        _scheduler.Log.CountFault("links slow");
        _simulation.Network.SlowLinks.UnionWith(links);
        _scheduler.After(Duration() * 2, () => _simulation.Network.SlowLinks.ExceptWith(links));
    }

    /// <summary>Something happens just when a node is asked for a promise, a view, or a copy: in the middle of a change.</summary>
    private void StrikeAtCall()
    {
        string[] methods = ["Install", "Install", "Claim", "CopySlots", "ReadSlots", "Heartbeat"];
        var method = methods[_scheduler.Random.Next(methods.Length)];
        var kind = _scheduler.Random.Next(6);
        var skip = _scheduler.Random.Next(3);
        var isAfterwards = _scheduler.Chance(0.5);
        _simulation.Network.AtCall = (from, to, called) =>
        {
            if (called != method || skip-- > 0)
            {
                return;
            }

            _simulation.Network.AtCall = null;
            _scheduler.After(isAfterwards ? _scheduler.Between(0, 0.05) : TimeSpan.Zero, () => Strike(from, to));
        };

        void Strike(string from, string to)
        {
            _scheduler.Log.Write("world", $"strikes as {to} is called by {from}: {method}");
            _scheduler.Log.CountFault($"strike at {method}");
            var node = _simulation.Nodes.Find(n => n.Name == to);
            var balancer = _simulation.Balancers.Find(b => b.Name == from);
            switch (kind)
            {
                case 0 when node is not null:
                    KillNode(node);
                    break;
                case 1 when balancer is { IsUp: true }:
                    balancer.Kill();
                    RestartLater(balancer);
                    break;
                case 2 when balancer is not null:
                    Pause(balancer.Process, _scheduler.Between(0.5, 5));
                    break;
                case 3 when node is not null && !IsDataLost():
                    Pause(node.Process);
                    break;
                case 4:
                    Cut(to, from, Duration());
                    break;
                default:
                    Cut(from, to, _scheduler.Between(0.5, 6));
                    break;
            }
        }
    }
}
