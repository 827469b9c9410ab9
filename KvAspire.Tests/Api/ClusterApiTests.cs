using System.Net;
using System.Text.Json;

namespace KvAspire.Tests.Api;

public sealed class ClusterApiTests : IAsyncLifetime
{
    private ApiHost _host = null!;

    public async Task InitializeAsync() => _host = await ApiHost.StartAsync();

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task Cluster_Serving_IsIndentedJson()
    {
        using var answer = await _host.Client.GetAsync("/cluster");

        var text = await answer.Content.ReadAsStringAsync();
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("application/json", answer.Header("Content-Type"));
        Assert.Equal("no-store", answer.Header("Cache-Control"));
        Assert.StartsWith("{\n  \"state\": \"serving\",\n", text, StringComparison.Ordinal);
        Assert.EndsWith("}\n", text, StringComparison.Ordinal);
        using var status = JsonDocument.Parse(text);
        Assert.Equal(1024, status.RootElement.GetProperty("slots").GetProperty("fullyReplicated").GetInt32());
        var node = Assert.Single(status.RootElement.GetProperty("nodes").EnumerateArray().ToArray());
        Assert.Equal(1024, node.GetProperty("inSyncSlots").GetInt32());
        Assert.Equal(JsonValueKind.Null, node.GetProperty("downSince").ValueKind);
    }

    [Fact]
    public async Task ClusterKey_WithAndWithoutValue_TellsWhereItLives()
    {
        using var put = await _host.Client.PutAsync("%C3%A9");

        using var there = JsonDocument.Parse(await _host.Client.GetStringAsync("/cluster/keys/%C3%A9"));
        using var notThere = JsonDocument.Parse(await _host.Client.GetStringAsync("/cluster/keys/none"));

        Assert.Equal("é", there.RootElement.GetProperty("key").GetString());
        Assert.Equal(17, there.RootElement.GetProperty("slot").GetInt32());
        Assert.Equal(["node1", "node2"], there.RootElement.GetProperty("chain").EnumerateArray().Select(n => n.GetString()));
        Assert.Equal("3.7.1", there.RootElement.GetProperty("version").GetString());
        Assert.Equal(JsonValueKind.Null, notThere.RootElement.GetProperty("version").ValueKind);
    }
}
