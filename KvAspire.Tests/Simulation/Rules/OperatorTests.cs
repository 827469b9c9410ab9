extern alias node;

using KvAspire.Balancer.Coordination;
using KvAspire.Balancer.Store;
using KvAspire.Node.Replication;
using KvAspire.Node.Storage;
using node::KvAspire.Protocol;
using OperationKind = KvAspire.Checking.OperationKind;

namespace KvAspire.Tests.Simulation.Rules;

/// <summary>What operators ask for in short order.</summary>
public sealed class OperatorTests
{
    [Fact]
    public void Remove_TwoNodesOfThreeBeforeTheViewTellsOfEither_AcceptsOne()
    {
        var script = new RuleScript("two removals are asked for at once", 3, 2, async run =>
        {
            await run.AtAsync("somebody serves", () => run.Serving is not null);
            var serving = run.Serving!;
            var answers = new List<AdminOutcome>();
            foreach (var node in run.Nodes.Take(2))
            {
                serving.Process!.Run(async () => answers.Add(await serving.Coordinator!.RemoveAsync(node.Name, CancellationToken.None)));
            }

            run.Reach();
            await run.AtAsync("both are answered", () => answers.Count == 2);
            DirectedRun.Demand(
                answers.Select(a => a.Status).Order().SequenceEqual(new[] { AdminStatus.Accepted, AdminStatus.Conflict }.Order()),
                string.Join("; ", answers.Select(a => a.Detail)));
        });
        ScriptAssert.GoesWell(script);
    }

    [Fact]
    public void Add_NodeThatDoesNotAnswer_IsAwaitedUntilItIsRemoved()
    {
        var script = new RuleScript("a node is added that is nowhere", 3, 2, async run =>
        {
            await run.AtAsync("somebody serves", () => run.Serving is not null);
            var serving = run.Serving!;
            var coordinator = serving.Coordinator!;
            var told = new List<AdminStatus>();
            var awaited = new List<string>();
            serving.Process!.Run(async () =>
            {
                told.Add((await coordinator.AddAsync("nowhere", "http://nowhere", CancellationToken.None)).Status);
                awaited.AddRange(coordinator.Awaited);
                told.Add((await coordinator.RemoveAsync("nowhere", CancellationToken.None)).Status);
                awaited.AddRange(coordinator.Awaited);
                told.Add((await coordinator.RemoveAsync("nowhere", CancellationToken.None)).Status);
            });
            run.Reach();
            await run.AtAsync("all is answered", () => told.Count == 3);
            DirectedRun.Demand(told.SequenceEqual([AdminStatus.Accepted, AdminStatus.Accepted, AdminStatus.Unknown]), string.Join(", ", told));
            DirectedRun.Demand(awaited.SequenceEqual(["nowhere"]), string.Join(", ", awaited));
        });
        ScriptAssert.GoesWell(script);
    }

    [Fact]
    public void Add_MemberThatIsDownWithAnAddress_IsAskedThere()
    {
        var script = new RuleScript("a member moves while it is down", 3, 2, async run =>
        {
            await run.DoAsync(OperationKind.Write, "before");
            var moved = run.Nodes[1];
            moved.Kill();
            await run.AtAsync("a view without it", () => run.IsDown(moved));
            var serving = run.Serving!;
            var told = new List<AdminOutcome>();
            run.Reach();
            await AddAsync(null);
            await AddAsync("http://wherever");
            moved.Start();
            await AddAsync(moved.Name);
            DirectedRun.Demand(
                told.Select(t => t.Status).SequenceEqual([AdminStatus.Conflict, AdminStatus.Conflict, AdminStatus.Accepted]), string.Join(" ", told.Select(t => t.Detail)));
            await run.AtAsync("it is taken back", () => run.View?.IsUp(moved.Name) == true);

            async Task AddAsync(string? address)
            {
                serving.Process!.Run(async () => told.Add(await serving.Coordinator!.AddAsync(moved.Name, address, CancellationToken.None)));
                var count = told.Count;
                await run.AtAsync("that is answered", () => told.Count > count);
            }
        });
        ScriptAssert.GoesWell(script);
    }

    [Fact]
    public void Forget_MostNodesAreBackEmpty_StartsWithTheOther()
    {
        var script = new RuleScript("two nodes of three come back empty and are given up", 3, 3, async run =>
        {
            await run.DoAsync(OperationKind.Write, "before");
            var empty = run.Nodes[..2];
            empty.ForEach(n => n.Wipe());
            await run.AtAsync("nobody serves", () => run.Serving is null);
            empty.ForEach(n => n.Start());
            await run.AtAsync(
                "the start waits for both",
                () => run.Simulation.Balancers.Exists(b => empty.All(n => b.Coordinator!.State.WaitingFor.Contains(n.Name))));
            await run.PassAsync(5);
            run.Reach();
            foreach (var balancer in run.Simulation.Balancers.Where(b => b.Coordinator!.State.Phase != CoordinatorPhase.Standby))
            {
                foreach (var node in empty)
                {
                    balancer.Process!.Run(() => balancer.Coordinator!.ForgetAsync(node.Name, CancellationToken.None));
                }
            }

            await run.AtAsync("somebody serves", () => run.Serving is not null);
            DirectedRun.Demand((await run.DoAsync(OperationKind.Read)).Value == "before", "what the other node has is not read");
            DirectedRun.Demand(run.View!.Epoch.Term < 2 << 16, $"terms were used up, to {run.View!.Epoch}");
        });
        ScriptAssert.GoesWell(script);
    }

    [Fact]
    public void NodeOfAnotherCluster_TakesAMembersPlace_CountsAsNotAnswering()
    {
        var script = new RuleScript("a node is started with the directory of another cluster", 3, 2, async run =>
        {
            await run.DoAsync(OperationKind.Write, "before");
            var stranger = run.Nodes[1];
            var putBack = stranger.Wipe();
            JoinAnotherCluster(stranger, run);
            stranger.Start();
            run.Reach();
            await run.PassAsync(20);
            DirectedRun.Demand(run.Serving is not null, "nobody serves");
            DirectedRun.Demand((await run.DoAsync(OperationKind.Read)).Value == "before", "what was written is not read");

            run.Serving!.Kill();
            await run.AtAsync("somebody takes over", () => run.Serving is not null);
            DirectedRun.Demand((await run.DoAsync(OperationKind.Read)).Value == "before", "what was written is not read by the next coordinator");
            stranger.Kill();
            putBack();
            stranger.Start();
        });
        ScriptAssert.GoesWell(script);
    }

    /// <summary>Makes the node's empty directory one of a node of the same name that serves somewhere else, and has promised a high term there.</summary>
    private static void JoinAnotherCluster(SimulatedNode node, DirectedRun run)
    {
        var core = new ReplicaCore(new NodeIdentity(node.Name, node.Store, 1), node.Disk, FsyncMode.Always, TimeProvider.System);
        var view = new View { Epoch = (1000ul << 32) | 1, Coordinator = "elsewhere", Cluster = "another", ReplicationFactor = 1 };
        view.Members.Add(new Member { Name = node.Name, Incarnation = core.Identity.Incarnation, State = MemberState.Active });
        for (var slot = 0; slot < run.Simulation.Options.SlotCount; slot++)
        {
            view.Slots.Add(new Slot { Chain = { 0 } });
        }

        core.Claim(new ClaimRequest { Term = 1000, Coordinator = "elsewhere", LeaseMs = 2000 });
        Assert.True(core.Install(new InstallRequest { View = view, Target = core.Identity.Incarnation }).Installed);
    }
}
