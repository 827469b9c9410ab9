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

    /// <summary>Of the time that a takeover takes, the lease is the most: nobody waits again and again for a node that is known not to answer.</summary>
    [Fact]
    public void TakeOver_WhileANodeHangs_TakesLittleMoreThanTheLease()
    {
        var script = new RuleScript("a coordinator dies while a node hangs", 4, 2, async run =>
        {
            await run.AtAsync("somebody serves", () => run.Serving is not null);
            var hung = run.Nodes[0];
            hung.Process!.IsPaused = true;
            await run.AtAsync("a view without the node", () => run.IsDown(hung));
            await run.PassAsync(3);
            var next = run.OtherThan(run.Serving!);
            run.Serving!.Kill();
            run.Reach();
            var died = run.Simulation.Scheduler.Now;
            await run.AtAsync("the other balancer serves", () => DirectedRun.IsServing(next));
            var took = run.Simulation.Scheduler.Now - died;
            DirectedRun.Demand(took < TimeSpan.FromSeconds(3.5), $"the takeover took {took}");
        });
        ScriptAssert.GoesWell(script);
    }
}
