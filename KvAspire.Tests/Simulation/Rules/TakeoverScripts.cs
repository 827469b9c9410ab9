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
    /// A copy is complete, and the view that hands the slot over reaches all but the one node that is in sync: it is abandoned. A write is asked
    /// for, and no other view reaches anybody before the coordinator is killed. The next one begins with the abandoned view. Then the node that
    /// was in sync before is killed.
    /// </summary>
    public static async Task BeginWithAnAbandonedHandOverAsync(DirectedRun run)
    {
        await run.DoAsync(OperationKind.Write, "before");
        var first = run.Serving!;
        var (returning, source) = (run.Node(run.Chain[0]), run.Node(run.Chain[1]));
        returning.Kill();
        await run.AtAsync("a view without the primary is in force", () => run.Chain.Count == 1 && run.Chain[0] == source.Name);
        returning.Start();
        var isAbandoned = false;
        await run.AtAsync("it is being filled", () => run.View is { } view && view.Slots[run.Slot].IsFilling(returning.Name), () =>
            run.Simulation.Network.LosesCall = (from, to, method) => from == first.Name && method == "Install" && (isAbandoned || to == source.Name));
        await run.AtAsync(
            "the slot is handed over in a view that is not in force",
            () => run.View is { } view && returning.Core!.CurrentView is var mine && mine.Epoch > view.Epoch.Packed && mine.View!.Slots[run.Slot].Chain.Count == 2);
        var writing = run.AskAsync(first, OperationKind.Write, "meanwhile");
        isAbandoned = true;
        await run.PassAsync((run.Simulation.Options.ReplicaTimeout.TotalSeconds * 2) + 0.1);
        first.Kill();
        run.Reach();
        run.Simulation.Network.LosesCall = null;
        await writing;
        await run.AtAsync("another coordinator serves", () => run.Serving is { } serving && serving != first);
        DirectedRun.Require(run.Chain.Count == 2 && run.Chain[0] == source.Name, "the abandoned view is not what the term began with");
        await run.DoAsync(OperationKind.Read);
        source.Kill();
        await run.AtAsync("a view without the node that was in sync is in force", () => run.Chain.Count == 1);
        await run.DoAsync(OperationKind.Read);
        source.Start();
    }

    /// <summary>
    /// A coordinator takes the primary for lost and proposes a view without it, when it is cut off from the others too and stands still.
    /// Meanwhile the other balancer, which reaches those, serves and changes the key. When the first goes on it has not looked at its lease
    /// yet; it reaches the primary again, which has still the view that it serves under.
    /// </summary>
    public static async Task ReadWithoutALeaseAsync(DirectedRun run)
    {
        await run.DoAsync(OperationKind.Write, "before");
        var first = await GoOnWithoutALeaseAsync(run, run.Node(run.Chain[0]), "after");
        await run.AskAsync(first, OperationKind.Read);
    }

    /// <summary>
    /// The same with the far end instead of the primary; the key is deleted meanwhile. Then a client writes on the condition that it is not there.
    /// </summary>
    public static async Task JudgeWithoutALeaseAsync(DirectedRun run)
    {
        await run.DoAsync(OperationKind.Write, "before");
        var first = await GoOnWithoutALeaseAsync(run, run.Node(run.Chain[^1]), null);
        await run.AskAsync(first, OperationKind.WriteIfAbsent, "late");
    }

    /// <summary>The coordinator that goes on under a view with the replica, while another one has changed the key with the other nodes.</summary>
    private static async Task<SimulatedBalancer> GoOnWithoutALeaseAsync(DirectedRun run, SimulatedNode replica, string? value)
    {
        var first = run.Serving!;
        var second = run.OtherThan(first);
        var view = run.View!;
        run.Cut(second.Name, replica.Name);
        var heal = run.Cut(first.Name, replica.Name);
        await run.AtAsync(
            "the first coordinator takes the replica for lost",
            () => first.Coordinator!.Reports[replica.Name].Seen is null,
            () => run.Nodes.FindAll(n => n != replica).ForEach(n => run.Cut(first.Name, n.Name)));
        await run.PassAsync(0.1);
        first.Process!.IsPaused = true;
        await run.AtAsync("the other coordinator serves", () => DirectedRun.IsServing(second));
        var changed = await run.AskAsync(second, value is null ? OperationKind.WriteIfExists : OperationKind.Write, value);
        DirectedRun.Require(changed.Outcome == OperationOutcome.Ok, $"the other coordinator did not change the key: {changed.Note}");
        heal();
        first.Process.IsPaused = false;
        DirectedRun.Require(first.Coordinator!.Serving?.View == view && !first.Coordinator.HoldsLease, "the first coordinator has stepped down");
        DirectedRun.Require(replica.Core!.CurrentView.Epoch == view.Epoch.Packed, "the replica has another view");
        run.Reach();
        return first;
    }
}
