using KvAspire.AppHost;

namespace KvAspire.Tests.EndToEnd;

/// <summary>A party of a move is killed while slots are being filled. The simulation does the same at each stage of a move.</summary>
public sealed class MoveFaultTests
{
    [Theory]
    [InlineData("node1", "a source")]
    [InlineData("node4", "the target")]
    [InlineData("balancer", "the coordinator")]
    public async Task Kill_PartyOfAJoinWhileItFills_JoinEndsAndNothingIsLost(string victim, string party)
    {
        await using var store = await RunningStore.StartAsync(3, "--spares=1", "--copy-rate=100000");
        var values = await store.FillAsync(500, 2000);
        await using var clients = new CountingClients(store, keys: 16, mayFail: victim == "balancer");
        await store.CommandAsync("balancer", ClusterCommands.AddNode);
        await store.WaitForAsync($"node4 taking slots, to kill {party}", s => Elastic.IsBeingFilled(s, "node4"));

        await store.KillAsync(victim);

        if (victim != "balancer")
        {
            await clients.ProgressAsync(50);
        }

        await store.StartAsync(victim);
        await store.WaitForMembersAsync("node1", "node2", "node3", "node4");
        await store.CheckAsync(values);

        // What was filled can stand alone.
        await store.LoseAsync("node1");
        await store.CheckAsync(values);
        await clients.ProgressAsync(50);
        await clients.VerifyAsync();
    }

    [Theory]
    [InlineData("node2", "the source")]
    [InlineData("node3", "a target")]
    [InlineData("balancer", "the coordinator")]
    public async Task Kill_PartyOfARemovalWhileItFills_RemovalEndsAndNothingIsLost(string victim, string party)
    {
        await using var store = await RunningStore.StartAsync(4, "--copy-rate=50000");
        var values = await store.FillAsync(500, 2000);
        await using var clients = new CountingClients(store, keys: 16, mayFail: victim == "balancer");
        await store.RemoveAsync("node2");
        await store.WaitForAsync($"slots of node2 on their way, to kill {party}", s => Elastic.IsBeingFilled(s, "node3"));

        await store.KillAsync(victim);

        if (victim != "balancer")
        {
            await clients.ProgressAsync(50);
        }

        await store.StartAsync(victim);
        await store.WaitForMembersAsync("node1", "node3", "node4");
        await store.CheckAsync(values);
        await store.LoseAsync("node1");
        await store.CheckAsync(values);
        await clients.ProgressAsync(50);
        await clients.VerifyAsync();
    }
}
