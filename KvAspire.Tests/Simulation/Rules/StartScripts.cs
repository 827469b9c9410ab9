extern alias node;

using System.Text;
using KvAspire.Checking;
using KvAspire.Node.Replication;
using KvAspire.Node.Storage;
using KvAspire.Tests.Storage;
using Promise = node::KvAspire.Node.Replication.Records.PromiseRecord;
using WriteCommand = KvAspire.Balancer.Store.WriteCommand;

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

    /// <summary>
    /// Of two nodes one goes on alone, dies, and is given up: the other one goes on alone. Then everything stops; the node that was given up is started
    /// first, and may promise while the other one may not yet.
    /// </summary>
    public static async Task ComeBackFirstAfterBeingGivenUpAsync(DirectedRun run)
    {
        var (kept, givenUp) = await GiveUpAsync(run);
        run.Simulation.Balancers.ForEach(b => b.Kill());
        kept.Kill();
        givenUp.Start();
        await run.PassAsync(20);
        kept.Start();
        run.Simulation.Balancers.ForEach(b => b.Start());
        run.Reach();
        DirectedRun.Demand((await run.DoAsync(OperationKind.Read)).Value == "after", "what was written last is not read");
    }

    /// <summary>The same, but the node that was given up is back while the other one serves. Then that one dies, and the balancers.</summary>
    public static async Task BeAloneAfterBeingGivenUpAsync(DirectedRun run)
    {
        var (kept, givenUp) = await GiveUpAsync(run);
        givenUp.Start();
        await run.PassAsync(15);
        run.Simulation.Balancers.ForEach(b => b.Kill());
        kept.Kill();
        run.Simulation.Balancers.ForEach(b => b.Start());
        run.Reach();
        await run.PassAsync(15);
        DirectedRun.Demand(run.Serving is null, "the node that was given up serves by itself");
        kept.Start();
        DirectedRun.Demand((await run.DoAsync(OperationKind.Read)).Value == "after", "what was written last is not read");
    }

    private static async Task<(SimulatedNode Kept, SimulatedNode GivenUp)> GiveUpAsync(DirectedRun run)
    {
        await run.DoAsync(OperationKind.Write, "before");
        var (kept, givenUp) = (run.Nodes[0], run.Nodes[1]);
        kept.Kill();
        await run.AtAsync("a view without the first", () => run.IsDown(kept));
        givenUp.Kill();
        await run.AtAsync("nobody serves", () => run.Serving is null);
        kept.Start();
        await run.AtAsync(
            "the start waits for the other one", () => run.Simulation.Balancers.Exists(b => b.Coordinator!.State.WaitingFor.SequenceEqual([givenUp.Name])));
        run.Simulation.Balancers.ForEach(b => b.Process!.Run(() => b.Coordinator!.ForgetAsync(givenUp.Name, CancellationToken.None)));
        await run.AtAsync("the first one serves", () => run.Serving is not null);
        await run.DoAsync(OperationKind.Write, "after");
        return (kept, givenUp);
    }

    /// <summary>
    /// A coordinator loses two nodes of three. Its last proposal, which needs nobody but the third, reaches that one and is not committed. Then
    /// the two are back, with another coordinator; the first one has the third node only.
    /// </summary>
    public static async Task StartFromAProposalAsync(DirectedRun run)
    {
        await run.DoAsync(OperationKind.Write, "before");
        var (alone, others) = (run.Nodes[0], run.Nodes[1..]);
        var left = run.Serving!;
        var next = run.OtherThan(left);
        run.Cut(next.Name, alone.Name);
        others.ForEach(n => n.Kill());
        await run.AtAsync(
            "a proposal without the two",
            () => alone.Core!.CurrentView is { View: { } proposed } installed
                && installed.Epoch > run.View?.Epoch.Packed
                && proposed.Members.Count(m => m.DownSince == 0) == 1,
            () => others.ForEach(n => run.Cut(left.Name, n.Name)));
        await run.AtAsync("its coordinator has no lease any more", () => run.Serving is null, run.Reach);
        others.ForEach(n => n.Start());
        await run.AtAsync("the other balancer serves", () => DirectedRun.IsServing(next));
        await run.DoAsync(OperationKind.Write, "after");
        DirectedRun.Demand(left.Coordinator!.State.WaitingFor.Count > 0, "the first coordinator does not wait for the nodes that it lacks");
    }

    /// <summary>All nodes are killed at once; the far end of a chain comes back with an empty disk, the primary with its own.</summary>
    public static async Task ComeBackEmptyAsync(DirectedRun run)
    {
        await run.DoAsync(OperationKind.Write, "before");
        var empty = run.Node(run.Chain[^1]);
        run.Nodes.ForEach(n => n.Kill());
        empty.Wipe();
        await run.AtAsync("nobody serves", () => run.Serving is null);
        run.Nodes.ForEach(n => n.Start());
        run.Reach();
        await run.AtAsync("the key is served", () => run.View is { } view && view.IsServed(run.Slot));
        DirectedRun.Demand((await run.DoAsync(OperationKind.Read)).Value == "before", "what was written is not read");
    }

    /// <summary>
    /// A far end loses power, and with it a write that was just acknowledged. It is back before a view without it is in force, and the primary,
    /// which has the write, is out of reach.
    /// </summary>
    public static async Task LosePowerAsync(DirectedRun run)
    {
        await run.DoAsync(OperationKind.Write, "before");
        await run.PassAsync(3);
        var (primary, farEnd) = (run.Node(run.Chain[0]), run.Node(run.Chain[^1]));
        await run.DoAsync(OperationKind.Write, "after");
        farEnd.PowerCut(keep: 0);
        var heals = run.Simulation.Balancers.ConvertAll(b => run.Cut(b.Name, primary.Name));
        DirectedRun.Require(run.VersionOn(farEnd) < run.VersionOn(primary), "the far end has lost nothing");
        farEnd.Start();
        await run.AtAsync("the far end is counted on again, and the primary is not", () => run.View is { } view && view.IsUp(farEnd.Name) && run.IsDown(primary), run.Reach);
        await run.PassAsync(3);
        DirectedRun.Demand(run.View is { } later && !later.IsServed(run.Slot), "the key is served without the node that has the write");

        // A process of the far end that is started once more has no more than the one before.
        farEnd.Kill();
        farEnd.Start();
        await run.PassAsync(3);
        DirectedRun.Demand(run.View is { } last && !last.IsServed(run.Slot), "the key is served by another process of the same node");
        heals.ForEach(heal => heal());
        await run.AtAsync("the key is served", () => run.View is { } view && view.IsServed(run.Slot));
        DirectedRun.Demand((await run.DoAsync(OperationKind.Read)).Value == "after", "what was written last is not read");
    }

    /// <summary>
    /// A far end is killed. The view without it reaches three nodes of five, when the primary, which does not have it yet, loses power, and with it a write
    /// that was just acknowledged, and the balancer dies. All nodes come back, the far end with the write.
    /// </summary>
    public static async Task LosePowerUnderAProposalAsync(DirectedRun run)
    {
        await run.DoAsync(OperationKind.Write, "before");
        await run.PassAsync(3);
        var (primary, farEnd) = (run.Node(run.Chain[0]), run.Node(run.Chain[^1]));
        var others = run.Nodes.FindAll(n => !run.Chain.Contains(n.Name));
        var (left, view) = (run.Serving!, run.View!);
        await run.DoAsync(OperationKind.Write, "after");
        run.Simulation.Network.LosesCall = (from, to, what) => from == left.Name && to == primary.Name && what == "Install";
        farEnd.Kill();
        await run.AtAsync(
            "the other nodes have a view without the far end",
            () => others.TrueForAll(n => n.Core!.CurrentView.Epoch > view.Epoch.Packed),
            () =>
            {
                primary.PowerCut(keep: 0);
                left.Kill();
            });
        run.Simulation.Network.LosesCall = null;
        DirectedRun.Require(run.VersionOn(primary) < run.VersionOn(farEnd), "the primary has lost nothing");
        DirectedRun.Require(others.TrueForAll(n => n.Core!.CurrentView.View!.Members.Count(m => m.DownSince == 0) == 4), "the proposal is without the primary");
        run.Reach();
        farEnd.Start();
        primary.Start();
        await run.AtAsync("the key is served", () => run.View is { } next && next.IsServed(run.Slot));
        DirectedRun.Demand((await run.DoAsync(OperationKind.Read)).Value == "after", "what was written last is not read");
    }

    /// <summary>
    /// Both holders lose power. The far end loses a write with it; the primary had synced it, and what it was told meanwhile: that both have it.
    /// </summary>
    public static async Task LosePowerEverywhereAsync(DirectedRun run)
    {
        await run.DoAsync(OperationKind.Write, "before");
        await run.PassAsync(3);
        var (primary, farEnd) = (run.Node(run.Chain[0]), run.Node(run.Chain[^1]));
        await run.AtAsync("the far end has synced", () => ((UnsyncedTailEngine)farEnd.Disk).Unsynced == 0);

        // Nothing is promised of it, so no client may rely on it: it is not part of the recorded history.
        await run.Serving!.Store!.WriteAsync(Encoding.UTF8.GetBytes(run.Key), new WriteCommand("lost"u8.ToArray()), CancellationToken.None);
        var lost = run.VersionOn(primary);
        await run.AtAsync("the primary knows that both have it", () => SyncPointOn(primary, run.Slot) > lost, () =>
        {
            primary.Core!.Sync();
            primary.PowerCut(keep: 0);
            farEnd.PowerCut(keep: 0);
        });
        DirectedRun.Require(run.VersionOn(primary) == lost && run.VersionOn(farEnd) < lost, "the far end has not lost the write, or the primary has");
        await run.AtAsync("nobody serves the key", () => run.View is { } view && !view.IsServed(run.Slot));
        primary.Start();
        farEnd.Start();
        await run.AtAsync("the key is served", () => run.View is { } view && view.IsServed(run.Slot), run.Reach);
        await run.AtAsync("both are in sync", () => run.Chain.Count == 2);
        DirectedRun.Demand((await run.DoAsync(OperationKind.Read)).Value == "before", "what the far end had lost is read");
        DirectedRun.Demand(run.VersionOn(primary) == run.VersionOn(farEnd), "the two replicas differ");
    }

    /// <summary>A node promises a term to a balancer that dies before it makes a view; then the node loses power.</summary>
    public static async Task LosePowerAfterAPromiseAsync(DirectedRun run)
    {
        await run.AtAsync("somebody serves", () => run.Serving is not null);
        var claiming = run.OtherThan(run.Serving!);
        var term = run.View!.Epoch.Term;
        SimulatedNode? promised = null;
        run.Serving!.Kill();
        await run.AtAsync(
            "a node promised a term",
            () => (promised = run.Nodes.Find(n => Promised(n) > term)) is not null,
            claiming.Kill);
        await DirectedRun.StepAsync(100);
        DirectedRun.Require(promised!.Core!.CurrentView.Epoch >> 32 == term, "a view followed the promise");
        run.Reach();
        promised.Process!.Kill();
        ((UnsyncedTailEngine)promised.Disk).PowerCut();
        promised.Start();
        await run.AtAsync("the node is back", () => promised is { IsUp: true, Core: not null });
        await DirectedRun.StepAsync(100);
        DirectedRun.Demand(Promised(promised) > term, "the node has forgotten its promise");
    }

    /// <summary>The sync point that the node was told.</summary>
    private static EntryVersion SyncPointOn(SimulatedNode node, int slot)
    {
        var points = new SyncPoints();
        if (node.Disk.GetMetadata("sync-points") is { } saved)
        {
            points.Load(saved);
        }

        return points[slot];
    }

    private static uint Promised(SimulatedNode node) =>
        node.Disk.GetMetadata("promise") is { } saved ? Promise.Parser.ParseFrom(saved).Term : 0;
}
