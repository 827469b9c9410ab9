using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using KvAspire.AppHost;

namespace KvAspire.Tests.EndToEnd;

/// <summary>Nodes are added, removed for good and given up on while clients read and write.</summary>
public sealed class MembershipTests
{
    [Fact]
    public async Task AddAndRemove_UnderLoad_FailNoRequestAndKeepTwoCopies()
    {
        await using var store = await RunningStore.StartAsync(3, "--spares=2");
        await using var clients = new CountingClients(store, keys: 24, mayFail: false);
        await clients.ProgressAsync(100);

        foreach (var spare in new[] { "node4", "node5" })
        {
            await store.CommandAsync("balancer", ClusterCommands.AddNode);
            await store.WaitForAsync($"{spare} with its slots", s => RunningStore.IsWhole(s) && HasNode(s, spare) && RunningStore.StateOf(s, spare) == "active");
            await clients.ProgressAsync(100);
        }

        foreach (var node in new[] { "node1", "node4" })
        {
            await store.CommandAsync(node, ClusterCommands.Remove);
            await store.WaitForAsync($"a store without {node}", s => RunningStore.IsWhole(s) && !Members(s).Contains(node));
            await clients.ProgressAsync(100);
        }

        await clients.VerifyAsync();
        var status = await store.WaitForWholeAsync();
        Assert.Equal(["node2", "node3", "node5"], Members(status));
    }

    [Fact]
    public async Task Remove_DownToTooFewNodes_IsRefusedInWords()
    {
        await using var store = await RunningStore.StartAsync(2);
        using var client = store.ClientOf("balancer");

        using var refused = await client.DeleteAsync(new Uri("/cluster/nodes/node1", UriKind.Relative), store.Limit);
        using var unknown = await client.DeleteAsync(new Uri("/cluster/nodes/node9", UriKind.Relative), store.Limit);

        Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
        Assert.Contains("add a node first", await DetailAsync(refused), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
    }

    [Fact]
    public async Task Start_ForgottenNodeWithItsOldData_IsRefusedAndNeverServes()
    {
        await using var store = await RunningStore.StartAsync(3);
        await store.WriteAsync("key", "1");
        var forgotten = (await store.ChainOfAsync("key"))[0];
        await store.LoseAsync(forgotten);
        using (var asked = store.ClientOf("balancer"))
        using (var accepted = await asked.PostAsync(new Uri($"/cluster/nodes/{forgotten}/forget", UriKind.Relative), null, store.Limit))
        {
            Assert.Equal(HttpStatusCode.Accepted, accepted.StatusCode);
        }

        await store.WaitForAsync($"a store without {forgotten}", s => RunningStore.IsWhole(s) && !Members(s).Contains(forgotten));
        await store.WriteAsync("key", "2");

        await store.StartAsync(forgotten);
        using var client = store.ClientOf("balancer");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/cluster/nodes") { Content = JsonContent.Create(new { name = forgotten }) };
        await store.WaitForAnswerAsync(forgotten);
        using var refused = await client.SendAsync(request, store.Limit);

        Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
        Assert.Contains("empty its data directory", await DetailAsync(refused), StringComparison.Ordinal);
        Assert.DoesNotContain(forgotten, Members(await store.WaitForWholeAsync()));
        Assert.Equal("2", await store.ReadAsync("key"));
    }

    [Fact]
    public async Task Forget_NodeWhoseReturnTheStartWaitsFor_LetsTheRestGoOn()
    {
        await using var store = await RunningStore.StartAsync(2);
        await store.WriteAsync("key", "1");
        await store.KillAsync("balancer");
        await store.KillAsync("node2");
        await store.StartAsync("balancer");
        await store.WaitForAsync("a balancer that waits for node2", s =>
            s.GetProperty("waitingFor").EnumerateArray().Select(n => n.GetString()).SequenceEqual(["node2"]));

        using var client = store.ClientOf("balancer");
        using var accepted = await client.PostAsync(new Uri("/cluster/nodes/node2/forget", UriKind.Relative), null, store.Limit);

        Assert.Equal(HttpStatusCode.Accepted, accepted.StatusCode);
        await store.WaitForAsync("a store of one node", RunningStore.IsServing);
        Assert.Equal("1", await store.ReadAsync("key"));
    }

    private static string[] Members(JsonElement status) =>
        [.. status.GetProperty("nodes").EnumerateArray().Where(n => n.GetProperty("state").GetString() is not ("unknown" or "removed")).Select(n => n.GetProperty("name").GetString()!)];

    private static bool HasNode(JsonElement status, string node) => Members(status).Contains(node);

    private static async Task<string> DetailAsync(HttpResponseMessage response) =>
        (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("detail").GetString()!;
}
