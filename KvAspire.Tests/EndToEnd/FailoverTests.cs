extern alias load;

using System.Net;
using System.Net.Http.Headers;
using Driver = load::KvAspire.Load.LoadDriver;

namespace KvAspire.Tests.EndToEnd;

/// <summary>Nodes die and come back while clients read and write.</summary>
public sealed class FailoverTests
{
    [Fact]
    public async Task SetGetDelete_RealProcesses_AnswerAsTheOriginalCalls()
    {
        await using var store = await RunningStore.StartAsync(3);

        using (var set = await store.SetAsync("hello", "\"world\""))
        {
            Assert.Equal(HttpStatusCode.OK, set.StatusCode);
            Assert.Equal(["2/2"], set.Headers.GetValues("Kv-Replicas"));
        }

        Assert.Equal("\"world\"", await store.ReadAsync("hello"));
        using (var deleted = await store.DeleteAsync("hello"))
        {
            Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        }

        using var gone = await store.GetAsync("hello");
        Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
        using var again = await store.DeleteAsync("hello");
        Assert.Equal(HttpStatusCode.NotFound, again.StatusCode);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Kill_ReplicaOfAKeyUnderLoad_FailsNoRequestAndLosesNothing(int position)
    {
        await using var store = await RunningStore.StartAsync(3);
        await store.WriteAsync("key", "1");
        var victim = (await store.ChainOfAsync("key"))[position];
        await using var clients = new CountingClients(store, keys: 24, mayFail: false);
        await clients.ProgressAsync(200);

        await store.KillAsync(victim);

        Assert.Equal("1", await store.ReadAsync("key"));
        await store.WriteAsync("key", "2");
        await clients.ProgressAsync(500);
        await store.StartAsync(victim);
        await store.WaitForWholeAsync();
        await clients.ProgressAsync(200);
        Assert.Equal("2", await store.ReadAsync("key"));
        await clients.VerifyAsync();
    }

    [Fact]
    public async Task Start_PrimaryThatMissedAWrite_NeverShowsTheOldValue()
    {
        await using var store = await RunningStore.StartAsync(3);
        await store.WriteAsync("key", "\"old\"");
        var primary = (await store.ChainOfAsync("key"))[0];
        await store.KillAsync(primary);
        await store.WriteAsync("key", "\"new\"");

        await store.StartAsync(primary);

        var whole = store.WaitForWholeAsync();
        while (!whole.IsCompleted)
        {
            Assert.Equal("\"new\"", await store.ReadAsync("key"));
        }

        await whole;
        Assert.Equal("\"new\"", await store.ReadAsync("key"));
        await store.WaitForAsync("the primary in its place", s => s.GetProperty("moves").GetArrayLength() == 0);
        for (var attempt = 0; (await store.ChainOfAsync("key"))[0] != primary; attempt++)
        {
            Assert.Equal("\"new\"", await store.ReadAsync("key"));
            Assert.True(attempt < 2000, "The primary did not come back to its place.");
            await Task.Delay(20, store.Limit);
        }

        Assert.Equal("\"new\"", await store.ReadAsync("key"));

        // The other copy may go now: the one that came back has everything.
        await store.KillAsync((await store.ChainOfAsync("key"))[1]);
        Assert.Equal("\"new\"", await store.ReadAsync("key"));
    }

    [Fact]
    public async Task StopAndStart_EachNodeInTurnUnderLoad_FailsNoRequest()
    {
        await using var store = await RunningStore.StartAsync(3);
        await using var clients = new CountingClients(store, keys: 16, mayFail: false);
        foreach (var node in new[] { "node1", "node2", "node3" })
        {
            await clients.ProgressAsync(100);
            await store.StopAsync(node);
            await clients.ProgressAsync(100);
            await store.StartAsync(node);
            await store.WaitForAsync($"{node} back", s => RunningStore.StateOf(s, node) == "active" && RunningStore.IsWhole(s));
        }

        await clients.VerifyAsync();
    }

    [Theory]
    [InlineData("random", 4)]
    [InlineData("serial", 2)]
    public async Task Drive_RandomOrSerialRequests_FindsNothingFailedAndNothingWrong(string choice, int nodes)
    {
        await using var store = await RunningStore.StartAsync(nodes);
        using var output = new StringWriter();

        var exitCode = await Driver.RunAsync(
            ["--url", store.AddressOf("balancer").ToString(), "--requests", "4000", "--choice", choice, "--baseline", "0"],
            output,
            output,
            store.Limit);

        Assert.True(exitCode == 0, output.ToString());
        Assert.Contains("0 failed, 0 wrong", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ConditionalWrite_AcrossTheDeathOfTheNodeThatDecided_TookEffectOnce()
    {
        await using var store = await RunningStore.StartAsync(3);
        using var client = store.ClientOf("balancer");
        using var created = await PutAsync(client, "1", null, store.Limit);
        var version = created.Headers.ETag!;
        var farEnd = (await store.ChainOfAsync("counter"))[^1];

        using var passed = await PutAsync(client, "2", version, store.Limit);
        await store.KillAsync(farEnd);
        using var repeated = await PutAsync(client, "3", version, store.Limit);

        Assert.Equal(HttpStatusCode.NoContent, passed.StatusCode);
        Assert.Equal(HttpStatusCode.PreconditionFailed, repeated.StatusCode);
        Assert.Equal("2", await store.ReadAsync("counter"));
        await store.StartAsync(farEnd);
        await store.WaitForWholeAsync();
        Assert.Equal("2", await store.ReadAsync("counter"));
    }

    private static async Task<HttpResponseMessage> PutAsync(HttpClient client, string value, EntityTagHeaderValue? ifMatch, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, "/kv/counter") { Content = new StringContent(value) };
        if (ifMatch is not null)
        {
            request.Headers.IfMatch.Add(ifMatch);
        }

        return await client.SendAsync(request, cancellationToken);
    }
}
