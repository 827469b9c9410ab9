using KvAspire.Checking;

namespace KvAspire.Tests.Simulation.Rules;

/// <summary>Who may start, from which view, and with whose data.</summary>
internal static class StartScripts
{
    /// <summary>
    /// Of five nodes two missed the last view and all that was written under it. Of the others one lost its disk and two are away: the three
    /// that are there would be a majority of the old view.
    /// </summary>
    public static async Task StartWithAnOldMajorityAsync(DirectedRun run)
    {
        var (old, empty, away) = (run.Nodes[..2], run.Nodes[2], run.Nodes[3..]);
        await run.DoAsync(OperationKind.Write, "before");
        old.ForEach(n => n.Kill());
        await run.AtAsync("a view without the two", () => old.All(run.IsDown));
        await run.DoAsync(OperationKind.Write, "after");
        away.ForEach(n => n.Kill());
        empty.Wipe();
        await run.AtAsync("nobody serves", () => run.Serving is null);
        old.ForEach(n => n.Start());
        empty.Start();
        run.Reach();
        await run.PassAsync(6);
        DirectedRun.Demand(run.Serving is null, "a cluster starts without those who know the last view");
        DirectedRun.Demand(
            run.Simulation.Balancers.Exists(b => b.Coordinator!.State.WaitingFor.Contains(away[0].Name)),
            $"nobody waits for {away[0].Name}");
        away.ForEach(n => n.Start());
        DirectedRun.Demand((await run.DoAsync(OperationKind.Read)).Value == "after", "what was written last is not read");
    }
}
