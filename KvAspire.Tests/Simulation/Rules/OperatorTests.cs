using KvAspire.Balancer.Store;

namespace KvAspire.Tests.Simulation.Rules;

/// <summary>What operators ask for in short order.</summary>
public sealed class OperatorTests
{
    [Fact]
    public void Remove_TwoNodesOfThreeBeforeTheViewTellsOfEither_AcceptsOne()
    {
        var script = new RuleScript("two removals are asked for at once", 3, 2, async run =>
        {
            await run.AtAsync("somebody serves", () => run.Serving is not null);
            var serving = run.Serving!;
            var answers = new List<AdminOutcome>();
            foreach (var node in run.Nodes.Take(2))
            {
                serving.Process!.Run(async () => answers.Add(await serving.Coordinator!.RemoveAsync(node.Name, CancellationToken.None)));
            }

            run.Reach();
            await run.AtAsync("both are answered", () => answers.Count == 2);
            DirectedRun.Demand(
                answers.Select(a => a.Status).Order().SequenceEqual(new[] { AdminStatus.Accepted, AdminStatus.Conflict }.Order()),
                string.Join("; ", answers.Select(a => a.Detail)));
        });
        ScriptAssert.GoesWell(script);
    }

    [Fact]
    public void Add_NodeThatDoesNotAnswer_IsAwaitedUntilItIsRemoved()
    {
        var script = new RuleScript("a node is added that is nowhere", 3, 2, async run =>
        {
            await run.AtAsync("somebody serves", () => run.Serving is not null);
            var serving = run.Serving!;
            var coordinator = serving.Coordinator!;
            var told = new List<AdminStatus>();
            var awaited = new List<string>();
            serving.Process!.Run(async () =>
            {
                told.Add((await coordinator.AddAsync("nowhere", "http://nowhere", CancellationToken.None)).Status);
                awaited.AddRange(coordinator.Awaited);
                told.Add((await coordinator.RemoveAsync("nowhere", CancellationToken.None)).Status);
                awaited.AddRange(coordinator.Awaited);
                told.Add((await coordinator.RemoveAsync("nowhere", CancellationToken.None)).Status);
            });
            run.Reach();
            await run.AtAsync("all is answered", () => told.Count == 3);
            DirectedRun.Demand(told.SequenceEqual([AdminStatus.Accepted, AdminStatus.Accepted, AdminStatus.Unknown]), string.Join(", ", told));
            DirectedRun.Demand(awaited.SequenceEqual(["nowhere"]), string.Join(", ", awaited));
        });
        ScriptAssert.GoesWell(script);
    }
}
