namespace KvAspire.Tests.Simulation.Rules;

/// <summary>A node takes what it is sent and answers nothing, as one whose disk hangs.</summary>
public sealed class HungNodeTests
{
    /// <summary>The claims wait for the node, and the lease runs from when they are sent.</summary>
    [Fact]
    public void Start_WhileANodeHangs_Serves()
    {
        var script = new RuleScript("a balancer starts while a node hangs", 3, 2, async run =>
        {
            await run.AtAsync("somebody serves", () => run.Serving is not null);
            var next = run.OtherThan(run.Serving!);
            run.Nodes[0].Process!.IsPaused = true;
            run.Serving!.Kill();
            run.Reach();
            await run.AtAsync("the other balancer serves", () => DirectedRun.IsServing(next));
            await run.PassAsync(1);
            DirectedRun.Demand(DirectedRun.IsServing(next), "the other balancer serves no more");
        });
        ScriptAssert.GoesWell(script);
    }
}
