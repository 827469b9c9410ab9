using KvAspire.Checking;

namespace KvAspire.Tests.Simulation.Rules;

/// <summary>Tombstones, and values that have expired.</summary>
internal static class DeletionScripts
{
    /// <summary>More than three sweeps of a simulated node.</summary>
    private const double SecondsToSweep = 12;

    /// <summary>A node is away while a key is deleted and tombstones are swept; it comes back with the value.</summary>
    public static async Task ComeBackWithADeletedValueAsync(DirectedRun run)
    {
        await run.DoAsync(OperationKind.Write, "before");

        // Its sync point is above the value now: what it has is not dropped when it comes back.
        await run.PassAsync(3);
        var away = run.Node(run.Chain[^1]);
        away.Kill();
        await run.AtAsync("a view without the node", () => run.IsDown(away));
        await run.DoAsync(OperationKind.WriteIfExists);
        await run.PassAsync(SecondsToSweep);
        DirectedRun.Require(run.EntryOn(away) is { Tombstone: false }, "the node does not have the value");
        run.Reach();
        away.Start();
        await run.AtAsync("the node is in sync again", () => run.Chain.Contains(away.Name));
        DirectedRun.Demand((await run.DoAsync(OperationKind.Read)).Value is null, "a deleted value is read");
    }

    /// <summary>
    /// A node loses its disk and is filled anew; a key is deleted, and its tombstone swept everywhere. Then the node comes back with the old disk,
    /// which has the key, below the sync point that it has as well.
    /// </summary>
    public static async Task ComeBackWithAnOldDiskAsync(DirectedRun run)
    {
        await run.DoAsync(OperationKind.Write, "before");
        await run.PassAsync(3);
        var replaced = run.Node(run.Chain[^1]);
        replaced.Kill();
        var putBack = replaced.Wipe();
        await run.AtAsync("a view without the node", () => run.IsDown(replaced));
        replaced.Start();
        await run.AtAsync("the node is in sync again", () => run.Chain.Contains(replaced.Name));
        await run.DoAsync(OperationKind.WriteIfExists);
        await run.AtAsync("the tombstone is swept", () => run.Nodes.TrueForAll(n => run.EntryOn(n) is null));
        replaced.Kill();
        putBack();
        DirectedRun.Require(run.EntryOn(replaced) is { Tombstone: false }, "the old disk does not have the value");
        await run.AtAsync("another view without the node", () => run.IsDown(replaced));
        run.Reach();
        replaced.Start();
        await run.AtAsync("the node is in sync again with its old disk", () => run.Chain.Contains(replaced.Name));
        DirectedRun.Demand((await run.DoAsync(OperationKind.Read)).Value is null, "a deleted value is read");
        DirectedRun.Demand(run.EntryOn(replaced) is null, "a replica holds a deleted value");
    }

    /// <summary>A write on the condition that there is a value is on its way to the primary while that value expires there, and a client reads.</summary>
    public static async Task ReadWhileAConditionHoldsAsync(DirectedRun run)
    {
        var before = await run.DoAsync(OperationKind.Write, "before", TimeSpan.FromSeconds(2));
        var (primary, between, farEnd) = (run.Node(run.Chain[0]), run.Node(run.Chain[1]), run.Node(run.Chain[2]));
        var serving = run.Serving!;
        var clock = serving.Coordinator!.Clock;
        var end = run.EntryOn(primary)!.Value.ExpiresAt;
        await run.AtAsync("the value is about to expire", () => clock.Now >= end - 100);
        var heal = run.Cut(serving.Name, between.Name);
        var writing = run.AskAsync(serving, OperationKind.WriteIfMatch, "after", before);
        await run.AtAsync("the condition held", () => run.VersionOn(farEnd) > run.VersionOn(primary));
        await run.AtAsync("the value has expired", () => clock.Now >= end);
        run.Reach();
        var reading = run.AskAsync(serving, OperationKind.Read);
        await run.PassAsync(0.1);
        heal();
        DirectedRun.Require((await writing).Outcome == OperationOutcome.Ok, "the write was not acknowledged");
        await reading;
    }

    /// <summary>A value has expired by the clock of one coordinator, and not by that of the next.</summary>
    public static async Task ExpireByTwoClocksAsync(DirectedRun run)
    {
        await run.AtAsync("somebody serves", () => run.Serving is not null);
        var early = run.Serving!;
        var late = run.OtherThan(early);
        late.Kill();
        late.Start();
        late.Process!.ClockOff = -TimeSpan.FromSeconds(3);
        early.Process!.ClockOff = TimeSpan.FromSeconds(3);

        // With a node away nobody removes the value for good.
        await run.DoAsync(OperationKind.Write, "before", TimeSpan.FromSeconds(2));
        var away = run.Nodes.Find(n => !run.Chain.Contains(n.Name))!;
        away.Kill();
        await run.AtAsync("a view without the third node", () => run.IsDown(away));
        var end = run.EntryOn(run.Node(run.Chain[0]))!.Value.ExpiresAt;
        await run.AtAsync("the value has expired", () => early.Coordinator!.Clock.Now >= end);
        DirectedRun.Require((await run.AskAsync(early, OperationKind.Read)) is { Outcome: OperationOutcome.Ok, Value: null }, "the value is still read");
        early.Stop();
        await run.AtAsync("the other coordinator serves", () => DirectedRun.IsServing(late));
        DirectedRun.Require(run.EntryOn(run.Node(run.Chain[0])) is not null, "the value has been removed for good");
        run.Reach();
        await run.DoAsync(OperationKind.Read);
    }
}
