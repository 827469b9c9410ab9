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
}
