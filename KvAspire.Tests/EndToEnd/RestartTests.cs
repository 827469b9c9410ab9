using System.Net;
using System.Text.Json;

namespace KvAspire.Tests.EndToEnd;

/// <summary>Anything is killed and started again, the balancer and everything at once included.</summary>
public sealed class RestartTests
{
    private static readonly string[] Nodes = ["node1", "node2", "node3"];

    [Theory]
    [InlineData("OnView")]
    [InlineData("Always")]
    public async Task KillEverything_UnderWriteLoad_KeepsEveryAcknowledgedWrite(string fsync)
    {
        await using var store = await RunningStore.StartAsync(3, $"--fsync={fsync}");
        await using var clients = new CountingClients(store, keys: 24, mayFail: true);
        await clients.ProgressAsync(300);

        await Task.WhenAll(Nodes.Append("balancer").Select(store.KillAsync));
        await Task.WhenAll(Nodes.Append("balancer").Select(store.StartAsync));

        await store.WaitForWholeAsync();
        await clients.ProgressAsync(100);
        await clients.VerifyAsync();
    }

    [Fact]
    public async Task KillBalancer_TwentyTimesUnderLoad_LosesNothingAndReadsNothingStale()
    {
        await using var store = await RunningStore.StartAsync(3);
        await using var clients = new CountingClients(store, keys: 16, mayFail: true);
        for (var round = 0; round < 20; round++)
        {
            await clients.ProgressAsync(20);
            await store.KillAsync("balancer");
            await store.StartAsync("balancer");
        }

        await store.WaitForWholeAsync();
        await clients.ProgressAsync(20);
        await clients.VerifyAsync();
    }

    [Fact]
    public async Task Start_OnlyTheNodeThatMissedWrites_Answers503NamingTheOtherAndNeverTheOldValue()
    {
        await using var store = await RunningStore.StartAsync(2);
        await store.WriteAsync("key", "\"old\"");
        await store.KillAsync("node1");
        await store.WriteAsync("key", "\"new\"");
        await store.KillAsync("balancer");
        await store.KillAsync("node2");

        await store.StartAsync("node1");
        await store.StartAsync("balancer");
        await store.WaitForAsync("a balancer that waits for node2 alone", s =>
            !RunningStore.IsServing(s) && s.GetProperty("waitingFor").EnumerateArray().Select(n => n.GetString()).SequenceEqual(["node2"]));

        using (var refused = await store.GetAsync("key"))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
            Assert.NotNull(refused.Headers.RetryAfter);
            var problem = JsonDocument.Parse(await refused.Content.ReadAsStringAsync(store.Limit)).RootElement;
            Assert.Equal(["node2"], problem.GetProperty("waitingFor").EnumerateArray().Select(n => n.GetString()!));
        }

        await store.StartAsync("node2");
        await store.WaitForWholeAsync();
        Assert.Equal("\"new\"", await store.ReadAsync("key"));
    }

    [Fact]
    public async Task KillCoordinator_StandbyRunning_TakesOverWithEverything()
    {
        await using var store = await RunningStore.StartPairAsync(3);
        var (first, second) = await store.SidesAsync();
        using (var refused = await store.GetAsync("key", second))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
            Assert.Contains("coordinates", await refused.Content.ReadAsStringAsync(store.Limit), StringComparison.Ordinal);
        }

        // Whoever spreads requests asks for /ready; the standby is not ill.
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (await StatusAsync(first, "/ready"), await StatusAsync(first, "/health")));
        Assert.Equal((HttpStatusCode.ServiceUnavailable, HttpStatusCode.OK), (await StatusAsync(second, "/ready"), await StatusAsync(second, "/health")));

        await using var clients = new CountingClients(store, keys: 8, mayFail: true, first);
        await clients.ProgressAsync(100);

        await store.KillAsync(first);

        await store.WaitForWholeAsync(second);
        await clients.VerifyAsync(second);

        async Task<HttpStatusCode> StatusAsync(string balancer, string path)
        {
            using var client = store.ClientOf(balancer);
            using var answer = await client.GetAsync(new Uri(path, UriKind.Relative), store.Limit);
            return answer.StatusCode;
        }
    }

    [Fact]
    public async Task PauseCoordinator_LongerThanItsLease_NothingLateTakesEffect()
    {
        await using var store = await RunningStore.StartPairAsync(3);
        var (first, second) = await store.SidesAsync();
        using (var set = await store.SetAsync("key", "1", first))
        {
            Assert.Equal(HttpStatusCode.OK, set.StatusCode);
        }

        await store.PauseAsync(first);
        var lateReads = Enumerable.Range(0, 8).Select(_ => store.GetAsync("key", first)).ToList();
        var lateWrites = Enumerable.Range(0, 8).Select(_ => store.SetAsync("key", "-1", first)).ToList();
        await store.WaitForAsync("the standby serving", RunningStore.IsServing, second);
        using (var set = await store.SetAsync("key", "2", second))
        {
            Assert.Equal(HttpStatusCode.OK, set.StatusCode);
        }

        await store.ResumeAsync(first);

        foreach (var read in lateReads)
        {
            using var answer = await read;
            var body = await answer.Content.ReadAsStringAsync(store.Limit);
            Assert.True(answer.StatusCode == HttpStatusCode.ServiceUnavailable || body == "2", $"{(int)answer.StatusCode} {body}");
        }

        foreach (var write in lateWrites)
        {
            using var answer = await write;
            Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        }

        using var now = await store.GetAsync("key", second);
        Assert.Equal("2", await now.Content.ReadAsStringAsync(store.Limit));
        await store.WaitForAsync("the former coordinator standing by", s => s.GetProperty("state").GetString() == "standby", first);
    }

    [Fact]
    public async Task PauseNode_UnderLoad_IsPassedOverAndCatchesUp()
    {
        await using var store = await RunningStore.StartAsync(3);
        await using var clients = new CountingClients(store, keys: 16, mayFail: false);
        await clients.ProgressAsync(100);

        await store.PauseAsync("node2");
        await store.WaitForAsync("node2 found to be down", s => RunningStore.StateOf(s, "node2") == "down");
        await clients.ProgressAsync(300);
        await store.ResumeAsync("node2");

        await store.WaitForWholeAsync();
        await clients.ProgressAsync(100);
        await clients.VerifyAsync();
    }

    [Fact]
    public async Task EmptyDataDirectory_OfOneNode_IsFilledAgainFromTheOthers()
    {
        await using var store = await RunningStore.StartAsync(3);
        await using var clients = new CountingClients(store, keys: 16, mayFail: false);
        await clients.ProgressAsync(100);
        await store.LoseAsync("node1");
        Directory.Delete(store.DataOf("node1"), recursive: true);

        await store.StartAsync("node1");

        await store.WaitForWholeAsync();
        await store.LoseAsync("node2");
        await clients.ProgressAsync(100);
        await clients.VerifyAsync();
    }

    [Fact]
    public async Task Start_NodeOnAnothersDirectory_IsRefusedAndTheStoreGoesOn()
    {
        await using var store = await RunningStore.StartAsync(3);
        await store.WriteAsync("key", "1");
        await store.LoseAsync("node1");
        await store.LoseAsync("node2");
        Directory.Move(store.DataOf("node1"), store.DataOf("node1.aside"));
        Directory.Move(store.DataOf("node2"), store.DataOf("node1"));

        await store.StartAsync("node1");
        var status = await store.WaitForAsync("the store without both", s => RunningStore.StateOf(s, "node1") == "down" && RunningStore.StateOf(s, "node2") == "down");
        Assert.Equal("active", RunningStore.StateOf(status, "node3"));

        Directory.Move(store.DataOf("node1"), store.DataOf("node2"));
        Directory.Move(store.DataOf("node1.aside"), store.DataOf("node1"));
        await store.StartAsync("node2");
        await store.StartAsync("node1");
        await store.WaitForWholeAsync();
        Assert.Equal("1", await store.ReadAsync("key"));
    }

    [Fact]
    public async Task Expire_BeforeEverythingIsKilled_StaysExpired()
    {
        await using var store = await RunningStore.StartAsync(3);
        using (var client = store.ClientOf("balancer"))
        using (var put = await client.PutAsync(new Uri("/kv/key?ttl=0.2", UriKind.Relative), new StringContent("1"), store.Limit))
        {
            Assert.Equal(HttpStatusCode.Created, put.StatusCode);
        }

        while (await StatusOfAsync(store) != HttpStatusCode.NotFound)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), store.Limit);
        }

        await Task.WhenAll(Nodes.Append("balancer").Select(store.KillAsync));
        await Task.WhenAll(Nodes.Append("balancer").Select(store.StartAsync));
        await store.WaitForWholeAsync();

        Assert.Equal(HttpStatusCode.NotFound, await StatusOfAsync(store));
        using var again = store.ClientOf("balancer");
        using var request = new HttpRequestMessage(HttpMethod.Put, "/kv/key") { Content = new StringContent("2"), Headers = { { "If-None-Match", "*" } } };
        using var created = await again.SendAsync(request, store.Limit);
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
    }

    private static async Task<HttpStatusCode> StatusOfAsync(RunningStore store)
    {
        using var answer = await store.GetAsync("key");
        return answer.StatusCode;
    }

    [Fact]
    public async Task Delete_WhileAReplicaIsAway_StaysDeletedWhoeverReturns()
    {
        await using var store = await RunningStore.StartAsync(3);
        await store.WriteAsync("key", "1");
        var chain = await store.ChainOfAsync("key");
        foreach (var away in chain)
        {
            await store.WriteAsync("key", "1");
            await store.KillAsync(away);
            using (var deleted = await store.DeleteAsync("key"))
            {
                Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
            }

            await store.KillAsync("balancer");
            await store.StartAsync(away);
            await store.StartAsync("balancer");
            await store.WaitForWholeAsync();
            using var gone = await store.GetAsync("key");
            Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
        }
    }
}
