using System.Collections.Concurrent;
using KvAspire.Load.Client;
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
    public async Task RunAsync_CopiesDoNotComeBack_SaysWhatIsMissing()
    {
        await using var store = await FakeStore.StartAsync();
        var nodes = new FakeNodes("node1", "node2") { StaysIncomplete = true };
        store.Cluster = nodes.Describe;
        using var client = new StoreClient(store.Address, 1);
        var rounds = new KillRounds(nodes, client, absence: TimeSpan.Zero, patience: TimeSpan.FromSeconds(2), _ => { });

        await rounds.RunAsync(loadGoesOn: () => false, CancellationToken.None);

        Assert.Contains("1000 of 1024 slots are fully replicated", rounds.Failure, StringComparison.Ordinal);
        Assert.True(rounds.FirstRoundDone);
        Assert.Equal(["kill node1", "start node1"], nodes.Events);
    }

    /// <summary>Nodes whose cluster takes a few questions to notice a change.</summary>
    private sealed class FakeNodes(params string[] names) : INodeControl
    {
        private const int AnswersUntilNoticed = 3;

        private readonly ConcurrentDictionary<string, bool> _away = new();
        private int _answersSinceChange = AnswersUntilNoticed;
        private bool _whole = true;

        public bool StaysIncomplete { get; init; }

        public bool WasKilledWhileNotWhole { get; private set; }

        public ConcurrentQueue<string> Events { get; } = new();

        public IReadOnlyList<string> Nodes => names;

        public Task KillAsync(string node)
        {
            WasKilledWhileNotWhole |= !_whole || !_away.IsEmpty;
            Change("kill", node);
            _away[node] = true;
            return Task.CompletedTask;
        }

        public void Start(string node)
        {
            Change("start", node);
            _away.TryRemove(node, out _);
        }

        /// <summary>As <c>GET /cluster</c> answers.</summary>
        public string Describe()
        {
            var noticed = Interlocked.Increment(ref _answersSinceChange) > AnswersUntilNoticed;
            var killed = Events.LastOrDefault()?.StartsWith("kill", StringComparison.Ordinal) ?? false;
            if (noticed)
            {
                _whole = !killed && !(StaysIncomplete && !Events.IsEmpty);
            }

            var states = names.Select(name => $$"""{"name":"{{name}}","state":"{{(noticed && _away.ContainsKey(name) ? "down" : "active")}}"}""");
            return $$"""
                {"state":"serving","detail":"","slots":{"total":1024,"fullyReplicated":{{(_whole ? 1024 : 1000)}},"missingCopies":{{(_whole ? 0 : 24)}},"unavailable":0},
                 "nodes":[{{string.Join(',', states)}}],"moves":[]}
                """;
        }

        private void Change(string what, string node)
        {
            Events.Enqueue($"{what} {node}");
            _answersSinceChange = 0;
        }
    }
}
