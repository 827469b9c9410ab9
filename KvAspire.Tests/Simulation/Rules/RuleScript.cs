using KvAspire.Balancer.Cluster;

namespace KvAspire.Tests.Simulation.Rules;

/// <summary>
/// A situation that one rule of the protocol is for, and how to come to it. With all rules the run must go well; without the rule it
/// must not.
/// </summary>
/// <param name="Situation">In words.</param>
/// <param name="Nodes">With how many nodes.</param>
/// <param name="Copies">Of each key.</param>
/// <param name="PlayAsync">Leads there. All else is the simulation's: other clients on other keys, the invariants, the end.</param>
internal sealed record RuleScript(string Situation, int Nodes, int Copies, Func<DirectedRun, Task> PlayAsync)
{
    /// <summary>Longer than anything that a script has a client wait for.</summary>
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(20);

    /// <summary>Values may be stored for a time.</summary>
    public bool HaveTimesToLive { get; init; }

    /// <summary>Other clients' operations would be in the way.</summary>
    public bool IsQuiet { get; init; }

    /// <summary>Nodes acknowledge what they have not synced: each may lose that with its power.</summary>
    public bool SyncSeldom { get; init; }

    /// <param name="seed">The run follows from it.</param>
    /// <param name="rules">The rules that hold; all of them by default.</param>
    public RuleResult Run(int seed, SimulatedRules? rules = null)
    {
        var simulation = Prepare(seed, rules);
        var isReached = false;
        string? failure = null;
        simulation.Script = async world =>
        {
            var run = new DirectedRun(simulation, world, () => isReached = true);
            try
            {
                await PlayAsync(run);
            }
            catch (SituationNotReachedException e)
            {
                (failure, isReached) = (e.Message, false);
            }
            catch (PromiseBrokenException e)
            {
                failure = e.Message;
            }
        };
        var result = Simulation.Run(simulation);
        failure ??= result.Failure ?? (isReached ? null : "the script did not come to its situation");
        return new RuleResult(result with { Seed = seed, Failure = failure }, isReached);
    }

    /// <summary>The cluster of the first seed, from a thousand times the given one on, that is as the script wants it.</summary>
    private Simulation Prepare(int seed, SimulatedRules? rules)
    {
        for (var next = seed * 1000; ; next++)
        {
            var simulation = new Simulation(next, Nodes == 2 ? Scenario.TwoCoordinators : Scenario.Anything, rules);
            if (simulation.Nodes.Count == Nodes
                && simulation.Histories.Keys.Count > 1
                && simulation.Histories.HaveTimesToLive == HaveTimesToLive
                && !(SyncSeldom && simulation.PowerCuts))
            {
                simulation.ScriptKey = simulation.Histories.Keys[0];
                simulation.IsQuiet = IsQuiet;
                simulation.Options.ReplicationFactor = Copies;
                simulation.Options.RequestTimeout = RequestTimeout;
                simulation.Options.RehomeAfter = new ClusterOptions().RehomeAfter;
                return simulation;
            }
        }
    }
}
