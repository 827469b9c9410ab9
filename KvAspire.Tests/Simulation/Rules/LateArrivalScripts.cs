using System.Text;
using KvAspire.Checking;

namespace KvAspire.Tests.Simulation.Rules;

/// <summary>What was sent long ago arrives, when it is not to take effect any more.</summary>
internal static class LateArrivalScripts
{
    /// <summary>
    /// A coordinator dies with a write under way to the far end, and the next one serves. Then the write arrives, and a client changes the key on
    /// the condition that it is as before.
    /// </summary>
    public static async Task TakeAWriteOfAFormerTermAsync(DirectedRun run)
    {
        var before = await run.DoAsync(OperationKind.Write, "before");
        var farEnd = run.Node(run.Chain[^1]);
        var dying = run.Serving!;
        run.Simulation.Network.Keeps = (from, to, what) => from == dying.Name && to == farEnd.Name && what == "Operate";
        _ = run.AskAsync(dying, OperationKind.Write, "late");
        await run.AtAsync("the write is in hand", () => dying.Coordinator!.Lines!.IsBusy(run.Slot, Encoding.UTF8.GetBytes(run.Key)));
        await run.PassAsync(0.1);
        dying.Kill();
        await run.AtAsync("another coordinator serves", () => run.Serving is { } serving && serving != dying);
        DirectedRun.Require(run.VersionOn(farEnd) == run.VersionOn(run.Node(run.Chain[0])), "the write has arrived before");
        run.Reach();
        run.Simulation.Network.Release();
        await run.PassAsync(0.1);
        var changed = await run.AskAsync(run.Serving!, OperationKind.WriteIfMatch, "after", before);
        DirectedRun.Demand(changed.Outcome == OperationOutcome.Ok, $"the key is not as before: {changed.Outcome} {changed.Note}");
    }

    /// <summary>
    /// A write does not reach the far end in time. It is repeated on another stream and acknowledged, its key is deleted, and the tombstone
    /// swept. Then it arrives on the stream that was given up.
    /// </summary>
    public static async Task TakeAWriteBelowTheFloorAsync(DirectedRun run)
    {
        await run.AtAsync("somebody serves", () => run.Serving is not null);
        var serving = run.Serving!;
        var chain = run.Chain.Select(run.Node).ToList();
        var isKept = KeepOne(run, serving.Name, chain[^1].Name, "Operate");
        await run.DoAsync(OperationKind.Write, "late");
        DirectedRun.Require(isKept(), "the write was not repeated");
        await run.DoAsync(OperationKind.WriteIfExists);
        await run.AtAsync("the tombstone is swept", () => chain.TrueForAll(n => run.EntryOn(n) is null));
        run.Reach();
        run.Simulation.Network.Release();
        await run.PassAsync(0.1);
        DirectedRun.Demand((await run.DoAsync(OperationKind.Read)).Value is null, "a deleted value is read");
    }

    /// <summary>
    /// A write on the condition that there is a value does not reach the far end in time. The value expires, and the write is tried again; then the
    /// first try arrives, and the primary is killed.
    /// </summary>
    public static async Task JudgeAgainAfterExpiryAsync(DirectedRun run)
    {
        await run.DoAsync(OperationKind.Write, "going", ttl: TimeSpan.FromSeconds(0.5));
        var (serving, primary, farEnd) = (run.Serving!, run.Node(run.Chain[0]), run.Node(run.Chain[^1]));
        var isKept = KeepOne(run, serving.Name, farEnd.Name, "Operate");
        await run.AskAsync(serving, OperationKind.WriteIfExists, "late");
        DirectedRun.Require(isKept(), "the write was not repeated");
        run.Reach();
        run.Simulation.Network.Release();
        await run.PassAsync(0.1);
        primary.Kill();
        await run.AtAsync("the far end is the primary", () => run.Chain.Count > 0 && run.Chain[0] == farEnd.Name);
        await run.DoAsync(OperationKind.Read);
    }

    /// <summary>
    /// A write on the condition that there is no value does not reach the far end in time. It is tried again and fails, as there is one. That expires,
    /// and is swept as soon as it may be; a third node stands still, so that the floor does. Then the first try arrives.
    /// </summary>
    public static async Task TakeARefusedWriteAfterExpiryAsync(DirectedRun run)
    {
        await run.DoAsync(OperationKind.Write, "in the way", ttl: TimeSpan.FromSeconds(2.5));
        var (serving, farEnd) = (run.Serving!, run.Node(run.Chain[^1]));
        var third = run.Nodes.Single(n => !run.Chain.Contains(n.Name));
        await run.PassAsync(0.5);
        var isKept = KeepOne(run, serving.Name, farEnd.Name, "Operate");
        var refused = await run.AskAsync(serving, OperationKind.WriteIfAbsent, "late");
        DirectedRun.Require(isKept() && refused.Outcome == OperationOutcome.NotPassed, $"the write was not repeated, or not refused: {refused.Outcome}");
        third.Process!.IsPaused = true;
        var end = run.EntryOn(farEnd)!.Value.ExpiresAt;
        await run.AtAsync("the value has expired", () => serving.Coordinator!.Clock.Now > end);
        for (var i = 0; i < 10; i++)
        {
            await run.PassAsync(0.05);
            _ = run.Nodes.FindAll(n => n != third).Sum(n => n.Core!.Sweep().Sum());
        }

        run.Reach();
        run.Simulation.Network.Release();
        await run.PassAsync(0.1);
        third.Process.IsPaused = false;
        DirectedRun.Demand((await run.DoAsync(OperationKind.Read)).Value is null, "a value is read that was refused");
    }

    /// <summary>
    /// A coordinator dies with a write that the far end alone has. What that sends to level the chain is under way when it is killed. It comes
    /// back, drops the write, which nobody had acknowledged, and is in sync again. Then what it had sent arrives at the primary.
    /// </summary>
    public static async Task TakeWhatLevelledAFormerViewAsync(DirectedRun run)
    {
        await run.DoAsync(OperationKind.Write, "before");
        var (primary, farEnd) = (run.Node(run.Chain[0]), run.Node(run.Chain[^1]));
        var isKept = () => false;
        await LevellingScripts.LeaveOnFarEndAsync(run, "late", () => isKept = KeepOne(run, farEnd.Name, primary.Name, "ReadSlots reply"));
        await run.AtAsync("what levels the chain is under way", () => isKept(), farEnd.Kill);
        await run.AtAsync("a view without the far end", () => run.IsDown(farEnd));
        farEnd.Start();
        await run.AtAsync("the far end is in sync again", () => run.Chain.SequenceEqual([primary.Name, farEnd.Name]));
        DirectedRun.Require(run.VersionOn(farEnd) == run.VersionOn(primary), "the far end still has the write");
        run.Reach();
        run.Simulation.Network.Release();
        await run.PassAsync(0.1);
        DirectedRun.Demand((await run.DoAsync(OperationKind.Read)).Value == "before", "what nobody else has is read");
    }

    /// <summary>Has the first such message arrive only when all is released. Call what it gives to ask whether it is under way.</summary>
    private static Func<bool> KeepOne(DirectedRun run, string sender, string receiver, string method)
    {
        var isKept = false;
        run.Simulation.Network.Keeps = (from, to, what) =>
        {
            var keeps = !isKept && from == sender && to == receiver && what == method;
            isKept |= keeps;
            return keeps;
        };
        return () => isKept;
    }
}
