using System.Text;
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
    /// A coordinator takes the primary for lost and proposes a view without it, when it is cut off from the others too and stands still.
    /// Meanwhile the other balancer, which reaches those, serves and changes the key. When the first goes on it has not looked at its lease
    /// yet; it reaches the primary again, which has still the view that it serves under.
    /// </summary>
    public static async Task ReadWithoutALeaseAsync(DirectedRun run)
    {
        await run.DoAsync(OperationKind.Write, "before");
        var first = run.Serving!;
        var second = run.OtherThan(first);
        var primary = run.Node(run.Chain[0]);
        var view = run.View!;
        run.Cut(second.Name, primary.Name);
        var heal = run.Cut(first.Name, primary.Name);
        await run.AtAsync(
            "the first coordinator takes the primary for lost",
            () => first.Coordinator!.Reports[primary.Name].Seen is null,
            () => run.Nodes.FindAll(n => n != primary).ForEach(n => run.Cut(first.Name, n.Name)));
        await run.PassAsync(0.1);
        first.Process!.IsPaused = true;
        await run.AtAsync("the other coordinator serves", () => DirectedRun.IsServing(second));
        var changed = await run.AskAsync(second, OperationKind.Write, "after");
        DirectedRun.Require(changed.Outcome == OperationOutcome.Ok, $"the other coordinator did not change the key: {changed.Note}");
        heal();
        first.Process.IsPaused = false;
        DirectedRun.Require(first.Coordinator!.Serving?.View == view && !first.Coordinator.HoldsLease, "the first coordinator has stepped down");
        DirectedRun.Require(primary.Core!.CurrentView.Epoch == view.Epoch.Packed, "the primary has another view");
        run.Reach();
        await run.AskAsync(first, OperationKind.Read);
    }
}
