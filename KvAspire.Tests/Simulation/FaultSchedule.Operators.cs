using KvAspire.Balancer.Cluster;
using KvAspire.Balancer.Coordination;
using KvAspire.Balancer.Store;

namespace KvAspire.Tests.Simulation;

/// <content>What operators do. What they are told does not matter here; that nothing is lost does.</content>
internal sealed partial class FaultSchedule
{
    /// <summary>
    /// One at a time: who gives up on different nodes at different balancers, of which none is gone, has two clusters. Null if there is none.
    /// </summary>
    private SimulatedNode? _givenUp;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private void StartSpare() => _simulation.StartSpare();

    private void RemoveNode() => RemoveNode(SomeNode());

    private void RemoveNode(SimulatedNode node)
    {
        if (_simulation.IsWhole() && _simulation.AskOperator($"remove {node.Name}", c => c.RemoveAsync(node.Name, CancellationToken.None)))
        {
            _scheduler.Log.CountFault("node removed");
        }
    }

    /// <summary>He changes his mind while the node is leaving.</summary>
    private void CancelRemoval()
    {
        var node = SomeNode();
        RemoveNode(node);
        _scheduler.After(_scheduler.Between(0, 2), () =>
        {
            if (_simulation.AskOperator($"keep {node.Name}", c => c.AddAsync(node.Name, null, CancellationToken.None)))
            {
                _scheduler.Log.CountFault("removal cancelled");
            }
        });
    }

    /// <summary>A spare comes in while another node goes.</summary>
    private void Swap()
    {
        var leaving = SomeNode();
        RemoveNode(leaving);
        StartSpare();
    }

    /// <summary>
    /// A node dies for good and is forgotten once nothing depends on it. Its machine may come back, with what it had
    /// (and is not let in) or with an empty disk (and is added anew).
    /// </summary>
    private void ForgetNode()
    {
        var node = SomeNode();
        if (!node.IsUp || !_simulation.IsWhole() || _simulation.Network.HasCuts || IsDataLost())
        {
            return;
        }

        _isDataLost = true;
        node.Kill();
        Forget(node, _scheduler.Now + Patience);
    }

    /// <summary>
    /// After a power cut a machine does not come up again. An operator gives up on it and on what only it held, also while the cluster cannot
    /// start without it.
    /// </summary>
    private void GiveUpNode()
    {
        var node = SomeNode();
        // Of three nodes for two copies one leaves or one is given up, not both.
        if (node.IsUp && _givenUp is null && _simulation.Serving() is { } view && view.Members.Values.All(m => m.State != MemberState.Leaving))
        {
            _givenUp = node;
            node.PowerCut();
            GiveUp(node, _scheduler.Now + Patience);
        }
    }

    private void GiveUp(SimulatedNode node, TimeSpan until) => _scheduler.After(_scheduler.Between(0.1, 3), () =>
    {
        if (_scheduler.Now > until)
        {
            // A balancer may still have been told to start without it: nobody else is given up in this run.
            node.Start();
        }
        else if (_simulation.Serving() is { } view && !view.Members.ContainsKey(node.Name))
        {
            _givenUp = null;
            _scheduler.Log.CountFault("node given up");
            _scheduler.After(_scheduler.Between(0, 15), () => Return(node));
        }
        else
        {
            _ = _simulation.AskOperator($"forget {node.Name}", Ask) || _simulation.AskOperatorAtStart($"start without {node.Name}", Ask);
            GiveUp(node, until);
        }

        Task<AdminOutcome> Ask(Coordinator coordinator) => coordinator.ForgetAsync(node.Name, CancellationToken.None);
    });

    private void Forget(SimulatedNode node, TimeSpan until) => _scheduler.After(_scheduler.Between(0.1, 1), () =>
    {
        var view = _simulation.Serving();
        var isNeedless = view is not null && !view.IsUp(node.Name) && Enumerable.Range(0, view.Slots.Length).All(view.IsServed);
        if (node.IsUp || _scheduler.Now > until)
        {
            Restart(node);
        }
        else if (isNeedless && _simulation.AskOperator($"forget {node.Name}", c => c.ForgetAsync(node.Name, CancellationToken.None)))
        {
            _scheduler.Log.CountFault("node forgotten");
            _scheduler.After(_scheduler.Between(1, 15), () => Return(node));
        }
        else
        {
            Forget(node, until);
        }
    });

    private void Return(SimulatedNode node)
    {
        if (node.IsUp)
        {
            return;
        }

        if (_simulation.Serving() is { } view && !view.Members.ContainsKey(node.Name) && _scheduler.Chance(0.7))
        {
            node.Wipe();
            node.Start();
        }
        else
        {
            node.Start();
        }

        AddLater(node);
    }

    /// <summary>A node that was removed comes again: with what it has (and is not let in), or empty.</summary>
    private void AddAgain()
    {
        var removed = _simulation.Serving()?.Removed ?? [];
        var node = _simulation.Nodes.Find(n => removed.Contains(n.Name) && n.IsUp);
        if (node is not null)
        {
            if (_scheduler.Chance(0.7))
            {
                node.Wipe();
                node.Start();
            }

            AddLater(node);
        }
    }

    private void AddLater(SimulatedNode node) => _scheduler.After(_scheduler.Between(0.1, 2), () =>
    {
        if (_simulation.AskOperator($"add {node.Name}", c => c.AddAsync(node.Name, null, CancellationToken.None)))
        {
            _scheduler.Log.CountFault("node added again");
        }
    });
}
