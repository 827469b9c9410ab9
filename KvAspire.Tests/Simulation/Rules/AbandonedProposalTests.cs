namespace KvAspire.Tests.Simulation.Rules;

/// <summary>A view that one node does not get is abandoned, and the others have it.</summary>
public sealed class AbandonedProposalTests
{
    /// <summary>The first view of a term must do away with what the proposal before it did away with.</summary>
    [Fact]
    public void Start_FromTheLaterOfTwoProposals_IsNotTakenForCommittedByItself()
    {
        ScriptAssert.GoesWell(RuleScripts.LaterProposal);
        ScriptAssert.GoesWrong(RuleScripts.LaterProposal, new SimulatedRules { Balancer = new() { RememberUndecided = false } });
    }

    /// <summary>Nodes that have the abandoned view refuse what is sent under the older one: that is no sign of another coordinator.</summary>
    [Fact]
    public void Serve_NodesHaveAnAbandonedProposal_GoesOnInTheSameTerm()
    {
        var script = new RuleScript("a view is abandoned, and nodes have it", 3, 2, async run =>
        {
            await run.AtAsync("somebody serves", () => run.Serving is not null);
            var serving = run.Serving!;
            var (lost, spared) = (run.Nodes[0], run.Nodes[1]);
            var term = run.View!.Epoch.Term;
            var isLost = false;
            run.Simulation.Network.LosesCall = (from, to, method) =>
            {
                var loses = !isLost && from == serving.Name && to == spared.Name && method == "Install";
                isLost |= loses;
                return loses;
            };
            lost.Kill();
            await run.AtAsync("a proposal was lost on its way to one node", () => isLost);
            await run.AtAsync("the other one has it", () => run.Nodes[2].Core!.CurrentView.Epoch > run.View!.Epoch.Packed);
            run.Reach();
            await run.AtAsync("a view without the lost node is in force", () => run.View is { } view && !view.IsUp(lost.Name));
            DirectedRun.Demand(run.View!.Epoch.Term == term, $"the coordinator of term {term} stepped down, and view {run.View.Epoch} is in force");
            lost.Start();
        });
        ScriptAssert.GoesWell(script);
    }
}
