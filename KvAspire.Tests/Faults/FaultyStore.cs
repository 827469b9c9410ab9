using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using KvAspire.Tests.EndToEnd;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace KvAspire.Tests.Faults;

/// <summary>
/// A running store of two balancers and some nodes whose processes can be hurt, and whose balancers reach each node through a
/// relay of their own. (The nodes copy from each other at the addresses that the coordinator knows, so a broken link holds up copying from that
/// node too.)
/// </summary>
internal sealed class FaultyStore : IAsyncDisposable
{
    public static readonly IReadOnlyList<string> Balancers = ["balancer", "balancer2"];

    private static readonly TimeSpan AskLimit = TimeSpan.FromSeconds(1.5);
    private static readonly TimeSpan ChangeLimit = TimeSpan.FromSeconds(6);

    private readonly RunningStore _processes;
    private readonly Dictionary<(string Balancer, string Node), TcpRelay> _relays;
    private readonly Dictionary<string, HttpClient> _http;

    private FaultyStore(RunningStore processes, Dictionary<(string Balancer, string Node), TcpRelay> relays)
    {
        _processes = processes;
        _relays = relays;
        _http = Balancers.ToDictionary(b => b, b => new HttpClient { BaseAddress = processes.AddressOf(b), Timeout = AskLimit });
        Nodes = [.. relays.Keys.Select(k => k.Node).Distinct()];
    }

    public RunningStore Processes => _processes;

    /// <summary>All nodes, spares included.</summary>
    public IReadOnlyList<string> Nodes { get; }

    /// <summary>Starts the store and waits until it has all its copies.</summary>
    public static async Task<FaultyStore> StartAsync(int nodes, int spares, TimeSpan limit)
    {
        FileSizeLimit.FailRatherThanEnd();
        var relays = new Dictionary<(string Balancer, string Node), TcpRelay>();
        RunningStore? processes = null;
        processes = await RunningStore.LaunchAsync(
            limit,
            builder =>
            {
                // Processes end all the time: that is not worth a line on the console.
                builder.Services.AddLogging(l => l.SetMinimumLevel(LogLevel.Critical));
                foreach (var balancer in Balancers)
                {
                    var resource = builder.CreateResourceBuilder((ProjectResource)builder.Resources.Single(r => r.Name == balancer));
                    for (var i = 1; i <= nodes + spares; i++)
                    {
                        var node = $"node{i}";
                        var relay = new TcpRelay(() => new IPEndPoint(IPAddress.Loopback, processes!.AddressOf(node, "grpc").Port));
                        relays.Add((balancer, node), relay);
                        var address = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{relay.Port}");
                        resource.WithEnvironment($"services__{node}__grpc__0", address);
                    }
                }
            },
            $"--nodes={nodes}",
            $"--spares={spares}",
            "--balancers=2");
        await processes.SidesAsync();
        return new FaultyStore(processes, relays);
    }

    public TcpRelay Link(string balancer, string node) => _relays[(balancer, node)];

    /// <summary>The status of the balancer that serves, as it says itself; null if none does.</summary>
    public async Task<(string Balancer, JsonElement Status)?> ServingAsync()
    {
        var answers = await Task.WhenAll(Balancers.Select(async b => (Balancer: b, Status: await StatusOfAsync(b))));
        foreach (var (balancer, status) in answers)
        {
            if (status is { } known && RunningStore.IsServing(known))
            {
                return (balancer, known);
            }
        }

        return null;
    }

    /// <summary>The same, waiting for a while.</summary>
    public async Task<(string Balancer, JsonElement Status)?> ServingAsync(TimeSpan patience, CancellationToken cancelled)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancelled);
        limit.CancelAfter(patience);
        while (!limit.IsCancellationRequested)
        {
            if (await ServingAsync() is { } serving)
            {
                return serving;
            }

            await Task.Delay(100, CancellationToken.None);
        }

        cancelled.ThrowIfCancellationRequested();
        return null;
    }

    /// <summary>Waits until the balancer that serves says what is wanted.</summary>
    /// <returns>Whether it did in time, and what was said last; null if nothing was.</returns>
    public async Task<(bool IsMet, JsonElement? Last)> WaitForAsync(Func<JsonElement, bool> wanted, TimeSpan patience, CancellationToken cancelled)
    {
        var end = Environment.TickCount64 + patience.TotalMilliseconds;
        JsonElement? last = null;
        while (Environment.TickCount64 < end)
        {
            if (await ServingAsync() is { } serving)
            {
                last = serving.Status;
                if (wanted(serving.Status))
                {
                    return (true, last);
                }
            }

            await Task.Delay(100, cancelled);
        }

        return (false, last);
    }

    /// <summary>All copies are there, and these nodes are the members.</summary>
    public static bool IsWholeWith(IReadOnlyList<string> nodes, JsonElement status) =>
        RunningStore.IsWhole(status) && Active(status).Order(StringComparer.Ordinal).SequenceEqual(nodes.Order(StringComparer.Ordinal));

    /// <summary>Every key can be read, and the node takes no part.</summary>
    public static bool ServesWithout(string node, JsonElement status) =>
        RunningStore.IsServing(status) && RunningStore.StateOf(status, node) == "down" && status.GetProperty("slots").GetProperty("unavailable").GetInt32() == 0;

    /// <summary>The in-sync nodes of the key, primary first; none if that cannot be learnt now.</summary>
    public async Task<IReadOnlyList<string>> ChainOfAsync(string balancer, string key)
    {
        try
        {
            var placement = await _http[balancer].GetFromJsonAsync<JsonElement>($"/cluster/keys/{Uri.EscapeDataString(key)}");
            return [.. placement.GetProperty("chain").EnumerateArray().Select(n => n.GetString()!)];
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or JsonException)
        {
            return [];
        }
    }

    /// <summary>Asks for a change of the members: the status of the answer; null if there was none.</summary>
    public async Task<HttpStatusCode?> AskAsync(string balancer, HttpMethod method, string path, object? body = null)
    {
        try
        {
            using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
            using var client = new HttpClient { BaseAddress = _processes.AddressOf(balancer), Timeout = ChangeLimit };
            using var answer = await client.SendAsync(request);
            return answer.StatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            return null;
        }
    }

    /// <summary>The members that are up, and have been taken in.</summary>
    public static IReadOnlyList<string> Active(JsonElement status) =>
        [.. status.GetProperty("nodes").EnumerateArray().Where(n => n.GetProperty("state").GetString() == "active").Select(n => n.GetProperty("name").GetString()!)];

    /// <summary>All members, whatever their state.</summary>
    public static IReadOnlyList<string> Members(JsonElement status) =>
        [.. status.GetProperty("nodes").EnumerateArray().Where(n => n.GetProperty("state").GetString() is not ("unknown" or "removed")).Select(n => n.GetProperty("name").GetString()!)];

    public async ValueTask DisposeAsync()
    {
        foreach (var relay in _relays.Values)
        {
            await relay.DisposeAsync();
        }

        foreach (var http in _http.Values)
        {
            http.Dispose();
        }

        await _processes.DisposeAsync();
    }

    private async Task<JsonElement?> StatusOfAsync(string balancer)
    {
        try
        {
            return await _http[balancer].GetFromJsonAsync<JsonElement>("/cluster");
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or JsonException)
        {
            return null;
        }
    }
}
