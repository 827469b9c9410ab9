extern alias node;

using System.Globalization;
using System.Text;
using KvAspire.AppHost;
using KvAspire.Node.Storage;
using Xunit.Abstractions;

namespace KvAspire.Tests.EndToEnd;

/// <summary>The store grows and shrinks under a load in which every answer is known.</summary>
public sealed class ElasticTests(ITestOutputHelper output)
{
    private const int Copies = 2;

    /// <summary>How much more than its share a node may get, since slots are dealt out at random.</summary>
    private const double Unevenness = 1.1;

    [Fact]
    public async Task ThreeToSixToThree_UnderLoad_LosesNothingAndKeepsTwoCopiesOfEachKey()
    {
        await using var store = await RunningStore.StartAsync(3, "--spares=3");
        var values = await store.FillAsync(500, 100);
        await using var clients = new MixedClients(store, clients: 12, keysEach: 20);
        await clients.ProgressAsync(200);

        await JoinAsync(store, "node4");
        await clients.ProgressAsync(200);
        await JoinAsync(store, "node5", "node6");
        await clients.ProgressAsync(200);
        await LeaveAsync(store, "node1");
        await clients.ProgressAsync(200);
        await LeaveAsync(store, "node5", "node2");
        await clients.ProgressAsync(400);

        var status = await store.WaitForMembersAsync("node3", "node4", "node6");
        Assert.Equal(Copies * Elastic.SlotCount, Elastic.Slots(status).Values.Sum());
        await store.CheckAsync(values);
        var live = await clients.VerifyAsync();

        await store.StopAsync("balancer");
        string[] members = ["node3", "node4", "node6"];
        string[] removed = ["node1", "node2", "node5"];
        foreach (var node in members.Concat(removed))
        {
            await store.KillAsync(node);
        }

        CheckCopies([.. members.Select(n => Held(store, n))], live.Concat(values).ToDictionary());
        Assert.All(removed, n => Assert.Empty(Held(store, n)));
    }

    [Fact]
    public async Task RehomeAfter_NodeStaysDead_ItsSlotsGetASecondCopyAndItsReturnShowsNothingStale()
    {
        await using var store = await RunningStore.StartAsync(4, "--rehome=2");
        var values = await store.FillAsync(200, 100);
        var before = Elastic.Slots(await store.WaitForMembersAsync("node1", "node2", "node3", "node4"));
        await using var clients = new MixedClients(store, clients: 8, keysEach: 20);
        await clients.ProgressAsync(200);

        await store.LoseAsync("node2");
        await store.WaitForAsync("two copies of everything without node2", s => Elastic.IsSettled(s) && Elastic.Slots(s)["node2"] == 0);
        await clients.ProgressAsync(300);

        // With each slot on two others, any of them may go, too.
        await store.LoseAsync("node3");
        await store.CheckAsync(values);
        await clients.ProgressAsync(100);
        await store.StartAsync("node3");
        await store.StartAsync("node2");
        var status = await store.WaitForMembersAsync("node1", "node2", "node3", "node4");

        Assert.Equal(before, Elastic.Slots(status));
        await clients.ProgressAsync(200);
        await store.CheckAsync(values);

        // What came back is complete: it answers alone for the slots that it shares with the one that goes now.
        await store.LoseAsync("node1");
        await store.CheckAsync(values);
        await clients.VerifyAsync();
    }

    [Fact]
    public async Task Add_NodeThatIsLeaving_KeepsItWithAllItsSlots()
    {
        await using var store = await RunningStore.StartAsync(4, "--copy-rate=50000");
        var values = await store.FillAsync(1000, 2000);
        var before = Elastic.Slots(await store.WaitForMembersAsync("node1", "node2", "node3", "node4"));
        await using var clients = new MixedClients(store, clients: 8, keysEach: 20);

        await store.RemoveAsync("node2");
        await store.WaitForAsync("node2 giving its slots away", s => RunningStore.StateOf(s, "node2") == "leaving" && Elastic.IsBeingFilled(s, "node1"));
        await clients.ProgressAsync(100);
        await store.AddAsync("node2");

        var status = await store.WaitForMembersAsync("node1", "node2", "node3", "node4");
        Assert.Equal(before, Elastic.Slots(status));
        await clients.ProgressAsync(100);
        await store.CheckAsync(values);
        await clients.VerifyAsync();
    }

    [Fact]
    public async Task Remove_NodeThatIsJoining_LeavesTheOthersWithAllTheirSlots()
    {
        await using var store = await RunningStore.StartAsync(3, "--spares=1", "--copy-rate=50000");
        var values = await store.FillAsync(1000, 2000);
        var before = Elastic.Slots(await store.WaitForMembersAsync("node1", "node2", "node3"));
        await using var clients = new MixedClients(store, clients: 8, keysEach: 20);

        await store.CommandAsync("balancer", ClusterCommands.AddNode);
        await store.WaitForAsync("node4 taking slots", s => Elastic.IsBeingFilled(s, "node4"));
        await clients.ProgressAsync(100);
        await store.RemoveAsync("node4");

        var status = await store.WaitForMembersAsync("node1", "node2", "node3");
        Assert.Equal(before, Elastic.Slots(status).Where(s => s.Key != "node4").ToDictionary());
        await clients.ProgressAsync(100);
        await store.CheckAsync(values);
        await clients.VerifyAsync();
    }

    private async Task JoinAsync(RunningStore store, params string[] joining)
    {
        var before = Elastic.Slots(await store.WaitForWholeAsync());
        foreach (var _ in joining)
        {
            await store.CommandAsync("balancer", ClusterCommands.AddNode);
        }

        string[] members = [.. before.Where(n => n.Value > 0).Select(n => n.Key).Concat(joining).Order(StringComparer.Ordinal)];
        var after = Elastic.Slots(await store.WaitForMembersAsync(members));

        var moved = joining.Sum(n => after[n]);
        var share = (double)Copies * Elastic.SlotCount * joining.Length / members.Length;
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{string.Join(", ", joining)}: {moved} copies of slots moved, {moved / share:0.00} of what has to ({share:0})"));
        Assert.InRange(moved, 1, share * Unevenness);
        Assert.All(before, n => Assert.True(after[n.Key] <= n.Value, $"{n.Key} was given slots although another node joined."));
    }

    private static async Task LeaveAsync(RunningStore store, params string[] leaving)
    {
        var before = Elastic.Slots(await store.WaitForWholeAsync());
        foreach (var node in leaving)
        {
            await store.RemoveAsync(node);
        }

        string[] members = [.. before.Where(n => n.Value > 0).Select(n => n.Key).Except(leaving)];
        var after = Elastic.Slots(await store.WaitForMembersAsync(members));
        Assert.All(members, n => Assert.True(after[n] >= before[n], $"{n} had to give slots away although another node left."));
    }

    /// <summary>What the node's data directory holds: live values by key.</summary>
    private static Dictionary<string, string> Held(RunningStore store, string node)
    {
        using var storage = NodeStorage.Open(new StorageOptions { Engine = StorageEngineKind.RocksDb, Path = store.DataOf(node) }, node);
        return Enumerable.Range(0, Elastic.SlotCount)
            .SelectMany(slot => storage.Engine.Scan(slot))
            .Where(e => !e.Tombstone)
            .ToDictionary(e => Encoding.UTF8.GetString(e.Key.Span), e => Encoding.UTF8.GetString(e.Value.Span));
    }

    private static void CheckCopies(IReadOnlyList<Dictionary<string, string>> held, Dictionary<string, string> expected)
    {
        var wrong = expected.Where(e => held.Count(h => h.TryGetValue(e.Key, out var value) && value == e.Value) != Copies).Select(e => e.Key);
        Assert.Empty(wrong);
        Assert.Equal(expected.Count * Copies, held.Sum(h => h.Count));
    }
}
