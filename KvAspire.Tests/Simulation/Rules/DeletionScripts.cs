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
}
