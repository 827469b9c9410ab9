using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace KvAspire.Tests.EndToEnd;

/// <summary>What tests of nodes that come and go ask of a running store.</summary>
internal static class Elastic
{
    public const int SlotCount = 1024;

    public static string[] Members(JsonElement status) =>
        [.. Nodes(status).Where(n => StateOf(n) is not ("unknown" or "removed")).Select(n => n.GetProperty("name").GetString()!)];

    /// <summary>Whole, with every node that is up in its place and nothing left to copy.</summary>
    public static bool IsSettled(JsonElement status) =>
        RunningStore.IsWhole(status)
        && Nodes(status).All(n => StateOf(n) is "active" or "down" or "unknown" or "removed" && Count(n, "catchingUpSlots") == 0)
        && status.GetProperty("moves").GetArrayLength() == 0;

    public static bool IsActive(JsonElement status, string node) => Members(status).Contains(node) && RunningStore.StateOf(status, node) == "active";

    /// <summary>The node has slots to be filled with, and some entries of them already.</summary>
    public static bool IsBeingFilled(JsonElement status, string node) =>
        Filling(status, node) > 0
        && status.GetProperty("moves").EnumerateArray().Any(m => m.GetProperty("node").GetString() == node && m.GetProperty("entries").GetInt64() > 0);

    public static int Filling(JsonElement status, string node) => Count(NodeOf(status, node), "catchingUpSlots");

    /// <summary>In-sync copies of slots, by node.</summary>
    public static IReadOnlyDictionary<string, int> Slots(JsonElement status) =>
        Nodes(status).ToDictionary(n => n.GetProperty("name").GetString()!, n => Count(n, "inSyncSlots"));

    /// <summary>Waits until every copy is in its place and the members are these.</summary>
    public static Task<JsonElement> WaitForMembersAsync(this RunningStore store, params string[] members) =>
        store.WaitForAsync($"{string.Join(", ", members)} with everything", s => IsSettled(s) && Members(s).SequenceEqual(members) && members.All(m => IsActive(s, m)));

    public static async Task AddAsync(this RunningStore store, string node)
    {
        using var client = store.ClientOf("balancer");
        using var answer = await client.PostAsJsonAsync("/cluster/nodes", new { name = node }, store.Limit);
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
    }

    public static async Task RemoveAsync(this RunningStore store, string node)
    {
        using var client = store.ClientOf("balancer");
        using var answer = await client.DeleteAsync(new Uri($"/cluster/nodes/{node}", UriKind.Relative), store.Limit);
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
    }

    /// <summary>Puts values of that size under the keys "bulk 0", "bulk 1" and so on.</summary>
    public static async Task<IReadOnlyDictionary<string, string>> FillAsync(this RunningStore store, int keys, int bytes)
    {
        using var client = store.ClientOf("balancer");
        var values = Enumerable.Range(0, keys).ToDictionary(
            n => $"bulk {n}", n => n.ToString(CultureInfo.InvariantCulture).PadRight(bytes, 'x'));
        await Parallel.ForEachAsync(values, new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = store.Limit }, async (pair, limit) =>
        {
            using var content = new StringContent(pair.Value);
            using var answer = await client.PutAsync(new Uri($"/kv/{Uri.EscapeDataString(pair.Key)}", UriKind.Relative), content, limit);
            Assert.True(answer.IsSuccessStatusCode, $"PUT {pair.Key}: {(int)answer.StatusCode}");
        });
        return values;
    }

    /// <summary>Fails unless each key has its value.</summary>
    public static async Task CheckAsync(this RunningStore store, IReadOnlyDictionary<string, string> values)
    {
        using var client = store.ClientOf("balancer");
        await Parallel.ForEachAsync(values, new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = store.Limit }, async (pair, limit) =>
            Assert.Equal(pair.Value, await client.GetStringAsync(new Uri($"/kv/{Uri.EscapeDataString(pair.Key)}", UriKind.Relative), limit)));
    }

    private static JsonElement NodeOf(JsonElement status, string node) =>
        Nodes(status).FirstOrDefault(n => n.GetProperty("name").GetString() == node);

    private static JsonElement.ArrayEnumerator Nodes(JsonElement status) => status.GetProperty("nodes").EnumerateArray();

    private static string StateOf(JsonElement node) => node.GetProperty("state").GetString()!;

    private static int Count(JsonElement node, string what) => node.ValueKind == JsonValueKind.Undefined ? 0 : node.GetProperty(what).GetInt32();
}
