using System.Text;
using KvAspire.Balancer.Cluster;
using KvAspire.Checking;

namespace KvAspire.Tests.Simulation.Rules;

/// <summary>What a coordinator had begun before another one served.</summary>
internal static class TakeoverScripts
{
    /// <summary>
    /// A coordinator stands still with a write in hand that no node has. Another one serves, changes the key on the condition that it is as
    /// before, and stops in good order. The first goes on and coordinates again, while the client still waits.
    /// </summary>
    public static async Task ComeBackWithAWriteInHandAsync(DirectedRun run)
    {
        var before = await run.DoAsync(OperationKind.Write, "before");
        var first = run.Serving!;
        var second = run.OtherThan(first);
        var heal = run.Cut(first.Name, run.Chain[^1]);
        var writing = run.AskAsync(first, OperationKind.Write, "late");
        await run.AtAsync(
            "the write is in hand",
            () => first.Coordinator!.Lines!.IsBusy(run.Slot, Encoding.UTF8.GetBytes(run.Key)),
            () => first.Process!.IsPaused = true);
        await run.AtAsync("the other coordinator serves", () => DirectedRun.IsServing(second));
        var changed = await run.AskAsync(second, OperationKind.WriteIfMatch, "after", before);
        DirectedRun.Require(changed.Outcome == OperationOutcome.Ok, $"the other coordinator did not change the key: {changed.Note}");
        second.Stop();
        await run.AtAsync("the other coordinator has stopped", () => !second.IsUp);
        heal();
        first.Process!.IsPaused = false;
        var told = await writing;
        DirectedRun.Require(
            told.Outcome == OperationOutcome.Ok || told.Note.StartsWith("Another balancer served", StringComparison.Ordinal),
            $"the write ended otherwise: {told.Outcome} {told.Note}");
        run.Reach();
        await run.DoAsync(OperationKind.Read);
    }

    /// <summary>
    /// A coordinator reaches the primary only, and asks the other two how they are, one after the other. Meanwhile it stands still; the
    /// other balancer, which reaches those two, serves and changes the key. When the first goes on it still asks, and so has not looked at its
    /// lease yet; the primary has its view.
    /// </summary>
    public static async Task ReadWithoutALeaseAsync(DirectedRun run)
    {
        await run.DoAsync(OperationKind.Write, "before");
        var first = run.Serving!;
        var second = run.OtherThan(first);
        var (primary, farEnd) = (run.Node(run.Chain[0]), run.Node(run.Chain[1]));
        var third = run.Nodes.Single(n => n != primary && n != farEnd);
        var view = run.View;
        run.Cut(second.Name, primary.Name);

        // Heartbeats have just been answered: those that are not fail later than the operations below.
        var sent = (first.Coordinator!.Reports[farEnd.Name].Grant.SentAt, first.Coordinator.Reports[third.Name].Grant.SentAt);
        await run.AtAsync(
            "both have answered a heartbeat",
            () => first.Coordinator.Reports[farEnd.Name].Grant.SentAt > sent.Item1 && first.Coordinator.Reports[third.Name].Grant.SentAt > sent.Item2,
            () =>
            {
                run.Cut(first.Name, farEnd.Name);
                run.Cut(first.Name, third.Name);
            });
        _ = run.AskAsync(first, OperationKind.Write, "lost");
        run.WriteTo(first, KeyAtTheThirdNode(run.Simulation)!, "lost");
        var links = first.Coordinator.Serving!.Links;
        await run.AtAsync("its streams to both are broken", () => links[farEnd.Name].IsBroken && links[third.Name].IsBroken);
        await run.PassAsync(0.05);
        first.Process!.IsPaused = true;
        await run.AtAsync("the other coordinator serves", () => DirectedRun.IsServing(second));
        var changed = await run.AskAsync(second, OperationKind.Write, "after");
        DirectedRun.Require(changed.Outcome == OperationOutcome.Ok, $"the other coordinator did not change the key: {changed.Note}");
        first.Process.IsPaused = false;
        await run.PassAsync(0.02);
        DirectedRun.Require(first.Coordinator.Serving?.View == view && !first.Coordinator.HoldsLease, "the first coordinator has stepped down");
        DirectedRun.Require(primary.Core!.CurrentView.Epoch == view!.Epoch.Packed, "the primary has another view");
        run.Reach();
        await run.AskAsync(first, OperationKind.Read);
    }

    /// <summary>
    /// A key whose far end is the node that the first key, of two copies, is not on; null if there is none.
    /// </summary>
    public static string? KeyAtTheThirdNode(Simulation simulation)
    {
        var nodes = simulation.Nodes.Select(n => n.Name).ToList();
        var third = Ranked(simulation.Histories.Keys[0])[2];
        return simulation.Histories.Keys.FirstOrDefault(k => Ranked(k)[1] == third);

        string[] Ranked(string key) => Rendezvous.Rank(Rendezvous.SlotOf(Encoding.UTF8.GetBytes(key)), nodes);
    }
}
