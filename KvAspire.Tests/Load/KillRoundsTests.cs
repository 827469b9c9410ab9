using KvAspire.Load;
using KvAspire.Load.Client;
using KvAspire.Load.Options;
using KvAspire.Load.Reporting;
using KvAspire.Load.Running;

namespace KvAspire.Tests.Load;

public sealed class KillRoundsTests
{
    private static readonly TimeSpan Generous = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task RunAsync_LoadEndsEarly_KillsEachNodeOnceAndOneAtATime()
    {
        await using var store = await FakeStore.StartAsync();
        var nodes = new FakeNodes("node1", "node2", "node3");
        store.Cluster = nodes.Describe;
        using var client = new StoreClient(store.Address, 1);
        var rounds = new KillRounds(nodes, client, absence: TimeSpan.Zero, Generous, _ => { });

        await rounds.RunAsync(loadGoesOn: () => false, CancellationToken.None);

        Assert.Null(rounds.Failure);
        Assert.True(rounds.FirstRoundDone);
        Assert.Equal(["kill node1", "start node1", "kill node2", "start node2", "kill node3", "start node3"], nodes.Events);
        Assert.Equal(["node1", "node2", "node3"], rounds.Kills.Select(kill => kill.Node));
        Assert.False(nodes.WasKilledWhileNotWhole);
    }

    [Fact]
    public async Task RunAsync_LoadGoesOn_BeginsAnotherRound()
    {
        await using var store = await FakeStore.StartAsync();
        var nodes = new FakeNodes("node1", "node2");
        store.Cluster = nodes.Describe;
        using var client = new StoreClient(store.Address, 1);
        var rounds = new KillRounds(nodes, client, absence: TimeSpan.Zero, Generous, _ => { });

        await rounds.RunAsync(loadGoesOn: () => nodes.Events.Count < 6, CancellationToken.None);

        Assert.Equal(["node1", "node2", "node1"], rounds.Kills.Select(kill => kill.Node));
    }

    [Fact]
    public async Task LoadRun_RequestsAreUsedUpBeforeTheFirstRoundEnds_GoesOnUntilThenAndNoFurther()
    {
        await using var store = await FakeStore.StartAsync();
        var nodes = new FakeNodes("node1", "node2");
        store.Cluster = () => store.CountOf("GET") + store.CountOf("POST") < 50 ? "{}" : nodes.Describe();
        using var client = new StoreClient(store.Address, 4);
        var options = new LoadOptions { Requests = 20, Concurrency = 4, Kill = true, Baseline = TimeSpan.Zero };

        var result = await new LoadRun(options, client, nodes, new ProgressPrinter(TextWriter.Null, interactive: false)).RunAsync(CancellationToken.None);

        Assert.Equal(["node1", "node2"], result.Kills.Select(kill => kill.Node));
        Assert.True(result.Measured.Done >= 46);
        Assert.Equal(ExitCode.AllWell, result.ExitCode);
    }

    [Fact]
    public async Task RunAsync_CopiesDoNotComeBack_SaysWhatIsMissing()
    {
        await using var store = await FakeStore.StartAsync();
        var nodes = new FakeNodes("node1", "node2") { StaysIncomplete = true };
        store.Cluster = nodes.Describe;
        using var client = new StoreClient(store.Address, 1);
        var rounds = new KillRounds(nodes, client, absence: TimeSpan.Zero, patience: TimeSpan.FromSeconds(5), _ => { });

        await rounds.RunAsync(loadGoesOn: () => false, CancellationToken.None);

        Assert.Contains("1000 of 1024 slots are fully replicated", rounds.Failure, StringComparison.Ordinal);
        Assert.True(rounds.FirstRoundDone);
        Assert.Equal(["kill node1", "start node1"], nodes.Events);
    }
}
