using KvAspire.Checking;

namespace KvAspire.Tests.Simulation.Rules;

/// <summary>Views of two nodes that are proposed and abandoned: one of the two nodes is enough for a change.</summary>
internal static class ProposalScripts
{
    /// <summary>
    /// A coordinator loses one node of two. Its proposal without that one reaches the other, and the answer does not come back. Then it reaches the
    /// first node again and the other no more: the next proposal is without the other. So each node has a proposal that does without the other node,
    /// and each balancer reaches one of them.
    /// </summary>
    public static async Task ProposeWithoutEachAsync(DirectedRun run)
    {
        var (first, second, mine, theirs) = await AbandonAProposalAsync(run);
        await run.AtAsync("the other has a proposal without the one", () => HasProposalWithout(mine, theirs), run.Reach);
        await run.AtAsync("the second balancer serves", () => DirectedRun.IsServing(second));
        await run.PassAsync(3);
        DirectedRun.Demand(first.Coordinator!.State.WaitingFor.Contains(theirs.Name), "the first coordinator does not wait for the node that it lacks");
        await run.DoAsync(OperationKind.Write, "after");
    }

    /// <summary>
    /// The same; then the second balancer reaches both nodes. A term begins with the later proposal, and its first view, with the one node catching up,
    /// reaches the other only. After that each balancer reaches one of the nodes again.
    /// </summary>
    public static async Task BeginWithTheLaterProposalAsync(DirectedRun run)
    {
        var (first, second, mine, theirs) = await AbandonAProposalAsync(run);
        await run.AtAsync("the other has a proposal without the one", () => HasProposalWithout(mine, theirs));
        first.Kill();
        run.Simulation.Network.HealAll();
        run.Simulation.Network.Keeps = null;
        run.Simulation.Network.LosesCall = (_, to, method) => method == "Install" && to == theirs.Name;
        var term = DirectedRun.Term(mine);
        await run.AtAsync("the other node has the first view of a term", () => DirectedRun.Term(mine) > term, () =>
        {
            run.Cut(second.Name, theirs.Name);
            run.Cut(first.Name, mine.Name);
            run.Simulation.Network.LosesCall = null;
            first.Start();
            run.Reach();
        });
        await run.PassAsync(8);
        DirectedRun.Demand(second.Coordinator!.State.WaitingFor.Contains(theirs.Name), "the second coordinator does not wait for the node that it lacks");
    }

    /// <summary>
    /// The same, but the next proposals reach nobody: the first node has the view still that the coordinator serves under, and renews its lease.
    /// The other balancer starts from the first proposal.
    /// </summary>
    public static async Task GoOnAfterAProposalAsync(DirectedRun run)
    {
        var (first, second, mine, theirs) = await AbandonAProposalAsync(
            run, serving => run.Simulation.Network.LosesCall = (from, _, method) => from == serving.Name && method == "Install");
        await run.AtAsync("the second balancer serves", () => DirectedRun.IsServing(second), () =>
        {
            if (!HasProposalWithout(mine, theirs))
            {
                run.Reach();
            }
        });
        await run.AskAsync(second, OperationKind.Write, "after");
        await run.AskAsync(first, OperationKind.Read);
        run.Simulation.Network.LosesCall = null;
    }

    /// <summary>
    /// Of five nodes one has a proposal that does without the others. A term begins with it, with two of the others, and its first view reaches
    /// one of these two only. Then one balancer reaches the two that have that view, the other one the three that have not.
    /// </summary>
    public static async Task ProposeOnAProposalAsync(DirectedRun run)
    {
        await run.DoAsync(OperationKind.Write, "before");
        var (alone, with, without, others) = (run.Nodes[0], run.Nodes[1], run.Nodes[2], run.Nodes[3..]);
        run.Nodes[1..].ForEach(n => n.Kill());
        await run.AtAsync("one node has a proposal without the others", () => alone.Core!.CurrentView.View!.Members.Count(m => m.DownSince == 0) == 1);
        var heals = run.Simulation.Balancers.SelectMany(b => others.Select(n => run.Cut(b.Name, n.Name))).ToList();
        run.Simulation.Network.LosesCall = (_, to, method) => method == "Install" && to == without.Name;
        var term = DirectedRun.Term(alone);
        run.Nodes[1..].ForEach(n => n.Start());
        await run.AtAsync("two nodes have the first view of a term", () => DirectedRun.Term(alone) > term && DirectedRun.Term(with) == DirectedRun.Term(alone));
        var (first, second) = (run.Simulation.Balancers[0], run.Simulation.Balancers[1]);
        run.Cut(first.Name, without.Name);
        others.ForEach(n => run.Cut(first.Name, n.Name));
        run.Cut(second.Name, alone.Name);
        run.Cut(second.Name, with.Name);
        heals.ForEach(heal => heal());
        others.ForEach(n => run.Cut(first.Name, n.Name));
        run.Simulation.Network.LosesCall = null;
        await run.AtAsync("the three have a coordinator", () => DirectedRun.IsServing(second), run.Reach);
        await run.PassAsync(6);
        DirectedRun.Demand(DirectedRun.IsServing(second), "the coordinator of the three serves no more");
        DirectedRun.Demand(first.Coordinator!.State.WaitingFor.Count > 0, "the balancer with two nodes of five does not wait for others");
    }

    /// <summary>One node of two has a proposal without the other, which was abandoned. Each balancer reaches one of the nodes.</summary>
    /// <param name="run">The run.</param>
    /// <param name="then">Done when it is abandoned; given the balancer that proposed it.</param>
    private static async Task<(SimulatedBalancer First, SimulatedBalancer Second, SimulatedNode Mine, SimulatedNode Theirs)> AbandonAProposalAsync(
        DirectedRun run, Action<SimulatedBalancer>? then = null)
    {
        await run.DoAsync(OperationKind.Write, "before");
        var first = run.Serving!;
        var second = run.OtherThan(first);
        var (mine, theirs) = (run.Nodes[0], run.Nodes[1]);
        run.Cut(second.Name, mine.Name);
        var heal = run.Cut(first.Name, mine.Name);
        run.Simulation.Network.Keeps = (from, to, what) => from == theirs.Name && to == first.Name && what == "Install reply";
        await run.AtAsync("one node has a proposal without the other", () => HasProposalWithout(theirs, mine), heal);
        await run.AtAsync("it is abandoned", () => first.Coordinator!.Reports[theirs.Name].Seen is null, () =>
        {
            run.Cut(first.Name, theirs.Name);
            then?.Invoke(first);
        });
        return (first, second, mine, theirs);
    }

    private static bool HasProposalWithout(SimulatedNode node, SimulatedNode other) =>
        node.Core!.CurrentView.View!.Members.Single(m => m.Name == other.Name).DownSince != 0;
}
