using KvAspire.Checking;

namespace KvAspire.Tests.Simulation.Rules;

/// <summary>A write that only the far end has: its coordinator died before it was acknowledged, and it can still be lost.</summary>
internal static class LevellingScripts
{
    /// <summary>
    /// The ranked primary came back and is at the far end. It alone has a write whose coordinator died before it could put the chain in order.
    /// The next coordinator cannot level the chain, as its nodes do not reach each other.
    /// </summary>
    public static async Task LeaveAChainOutOfOrderAsync(DirectedRun run)
    {
        await run.DoAsync(OperationKind.Write, "before");
        var (ranked, other) = (run.Node(run.Chain[0]), run.Node(run.Chain[1]));
        ranked.Kill();
        await run.AtAsync("a view without the ranked primary", () => run.IsDown(ranked));
        ranked.Start();
        await run.AtAsync("the ranked primary is being filled", () => run.View is { } v && v.Slots[run.Slot].IsFilling(ranked.Name));

        // Writes that wait while the copy is handed over are under way when it has been: so the order cannot be changed at once.
        var dying = run.Serving!;
        var isOver = false;
        for (var writer = 1; writer <= 8; writer++)
        {
            _ = WriteAsync(writer);
        }

        await run.AtAsync(
            "the ranked primary is at the far end",
            () => run.Chain.SequenceEqual([other.Name, ranked.Name]),
            () => run.Cut(dying.Name, other.Name));
        await run.AtAsync("only the far end has a write", () => run.VersionOn(ranked) > run.VersionOn(other), () =>
        {
            isOver = true;
            dying.Kill();
            run.Cut(ranked.Name, other.Name);
        });
        await run.AtAsync("another coordinator has the chain as it was", () => run.Serving is not null && run.Chain.SequenceEqual([other.Name, ranked.Name]), run.Reach);
        await run.PassAsync(3);
        DirectedRun.Demand(run.Chain.SequenceEqual([other.Name, ranked.Name]), "a chain that is not level was put in another order");
        DirectedRun.Require(run.VersionOn(ranked) > run.VersionOn(other), "the chain is level");
        await run.DoAsync(OperationKind.Read);

        async Task WriteAsync(int writer)
        {
            for (var n = 1; !isOver; n++)
            {
                await run.AskAsync(dying, OperationKind.Write, $"{writer}.{n}");
            }
        }
    }

    /// <summary>
    /// A condition fails because of a write that only the far end has. Who is told so must not be able to read what was there before.
    /// </summary>
    public static async Task FailBecauseOfAnUnseenWriteAsync(DirectedRun run)
    {
        var before = await run.DoAsync(OperationKind.Write, "before");
        var (primary, farEnd) = (run.Chain[0], run.Chain[^1]);
        await LeaveOnFarEndAsync(run, "unseen", () => run.Cut(primary, farEnd));
        DirectedRun.Require(!run.Serving!.Coordinator!.Filler.IsLevel(run.Slot), "the chain is level");
        run.Reach();
        var told = await run.AskAsync(run.Serving!, OperationKind.WriteIfMatch, "late", before);
        DirectedRun.Require(told.Outcome == OperationOutcome.NotPassed, $"the condition did not fail: {told.Outcome} {told.Note}");
        await run.DoAsync(OperationKind.Read);
    }

    /// <summary>
    /// A replica that catches up has taken a write that was never acknowledged. The coordinator dies and the replica's source with it; the
    /// primary, which does not have the write, is what the next coordinator goes by.
    /// </summary>
    public static async Task LoseTheSourceOfACopyAsync(DirectedRun run)
    {
        await run.DoAsync(OperationKind.Write, "before");
        var (primary, source, target) = (run.Node(run.Chain[0]), run.Node(run.Chain[1]), run.Node(run.Chain[2]));
        await run.PassAsync(2);
        target.Kill();
        await run.AtAsync("a view without the target", () => run.IsDown(target));
        run.Cut(target.Name, source.Name);
        target.Start();
        await run.AtAsync("the target is being filled", () => run.View is { } v && v.Slots[run.Slot].IsFilling(target.Name));
        var dying = run.Serving!;
        run.Cut(dying.Name, primary.Name);
        _ = run.AskAsync(dying, OperationKind.Write, "unseen");
        await run.AtAsync(
            "source and target have the write",
            () => run.VersionOn(source) > run.VersionOn(primary) && run.VersionOn(target) == run.VersionOn(source),
            () =>
            {
                dying.Kill();
                source.Kill();
            });
        await run.AtAsync(
            "another coordinator goes by the primary",
            () => run.Serving is not null && run.Chain.SequenceEqual([primary.Name]) && run.VersionOn(target) > run.VersionOn(primary),
            run.Reach);
        await run.AtAsync("the target is in sync", () => run.Chain.Contains(target.Name));
        DirectedRun.Demand((await run.DoAsync(OperationKind.Read)).Value == "before", "what the primary did not have is read");
    }

    /// <summary>The coordinator dies when a write of it is on the far end only; another one serves.</summary>
    /// <param name="run">The run.</param>
    /// <param name="value">What is written.</param>
    /// <param name="hinder">Keeps the next coordinator from levelling the chain.</param>
    public static async Task LeaveOnFarEndAsync(DirectedRun run, string value, Action hinder)
    {
        var (primary, farEnd) = (run.Node(run.Chain[0]), run.Node(run.Chain[^1]));
        var dying = run.Serving!;
        run.Cut(dying.Name, primary.Name);
        _ = run.AskAsync(dying, OperationKind.Write, value);
        await run.AtAsync("only the far end has the write", () => run.VersionOn(farEnd) > run.VersionOn(primary), () =>
        {
            dying.Kill();
            hinder();
        });
        await run.AtAsync("another coordinator serves", () => run.Serving is not null);
        DirectedRun.Require(run.VersionOn(farEnd) > run.VersionOn(primary), "the write is on the primary");
    }
}
