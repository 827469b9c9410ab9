using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using KvAspire.AppHost;

namespace KvAspire.Tests.EndToEnd;

/// <summary>The whole store as real processes, on a directory of its own, with the means to hurt it.</summary>
internal sealed class RunningStore : IAsyncDisposable
{
    /// <summary>How long any state is waited for: far longer than it takes, even on a machine that is busy.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly CancellationTokenSource _limit;
    private readonly DistributedApplication _app;
    private readonly string _data;

    private RunningStore(DistributedApplication app, string data, TimeSpan limit)
    {
        _app = app;
        _data = data;
        _limit = new CancellationTokenSource(limit);
    }

    /// <summary>Ends a test that hangs.</summary>
    public CancellationToken Limit => _limit.Token;

    /// <summary>Starts the nodes and the balancer and waits until the store serves, with all its copies.</summary>
    public static async Task<RunningStore> StartAsync(int nodes, params string[] more)
    {
        var store = await LaunchAsync(nodes, more);
        await store.WaitForWholeAsync();
        return store;
    }

    /// <summary>The same with two balancers, one of which stands by.</summary>
    public static async Task<RunningStore> StartPairAsync(int nodes)
    {
        var store = await LaunchAsync(nodes, "--balancers=2");
        await store.SidesAsync();
        return store;
    }

    private static Task<RunningStore> LaunchAsync(int nodes, params string[] more) =>
        LaunchAsync(TimeSpan.FromMinutes(8), static _ => { }, [$"--nodes={nodes}", "--spares=0", .. more]);

    /// <summary>Starts the processes and does not wait for anything.</summary>
    /// <param name="limit">Ends a test that hangs.</param>
    /// <param name="configure">Changes what the AppHost has declared.</param>
    /// <param name="args">Options of the AppHost; ports and data directory are chosen.</param>
    public static async Task<RunningStore> LaunchAsync(TimeSpan limit, Action<IDistributedApplicationTestingBuilder> configure, params string[] args)
    {
        var data = Directory.CreateTempSubdirectory("kvaspire").FullName;
        var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.KvAspire_AppHost>(
            ["--telemetry=false", "--port=0", $"--data={data}", .. args]);
        configure(builder);
        var store = new RunningStore(await builder.BuildAsync(), data, limit);
        await store._app.StartAsync(store.Limit);
        return store;
    }

    /// <summary>Which of two balancers serves, with all copies, and which stands by. On a busy machine they may change places at first.</summary>
    public async Task<(string Serving, string Standby)> SidesAsync()
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Limit);
        patience.CancelAfter(Patience);
        while (true)
        {
            var first = await WaitForAsync("a side", s => IsWhole(s) || IsStandby(s));
            var second = await WaitForAsync("the other side", s => IsWhole(s) || IsStandby(s), "balancer2");
            if (IsStandby(first) != IsStandby(second))
            {
                return IsStandby(second) ? ("balancer", "balancer2") : ("balancer2", "balancer");
            }

            patience.Token.ThrowIfCancellationRequested();
        }
    }

    public string DataOf(string node) => Path.Combine(_data, node);

    public Uri AddressOf(string resource, string endpoint = "http") => _app.GetEndpoint(resource, endpoint);

    /// <summary>Whether the resource's process is there, paused or not.</summary>
    public bool IsRunning(string resource) =>
        _app.ResourceNotifications.TryGetCurrentState(resource, out var state) && state.Snapshot.State?.Text == KnownResourceStates.Running;

    /// <summary>The id of the resource's process, which must be there.</summary>
    public Task<int> ProcessIdOf(string resource) =>
        _app.ResourceNotifications.TryGetCurrentState(resource, out var state)
            ? ResourceProcess.IdOfAsync(state, Limit)
            : throw new InvalidOperationException($"{resource} is not known.");

    public HttpClient ClientOf(string resource) => new() { BaseAddress = AddressOf(resource), Timeout = TimeSpan.FromSeconds(30) };

    public async Task KillAsync(string resource)
    {
        await CommandAsync(resource, ClusterCommands.Kill);
        await _app.ResourceNotifications.WaitForResourceAsync(
            resource, e => KnownResourceStates.TerminalStates.Contains(e.Snapshot.State?.Text), Limit);
    }

    /// <summary>Kills a node and waits until the balancer has noticed.</summary>
    public async Task LoseAsync(string node)
    {
        await KillAsync(node);
        await WaitForAsync($"{node} found to be down", s => StateOf(s, node) == "down");
    }

    public Task PauseAsync(string resource) => CommandAsync(resource, ClusterCommands.Pause);

    public Task ResumeAsync(string resource) => CommandAsync(resource, ClusterCommands.Resume);

    public Task StopAsync(string resource) => CommandAsync(resource, KnownResourceCommands.StopCommand);

    public Task StartAsync(string resource) => CommandAsync(resource, KnownResourceCommands.StartCommand);

    /// <summary>Sets a JSON value; the status tells whether it was acknowledged.</summary>
    public async Task<HttpResponseMessage> SetAsync(string key, string json, string balancer = "balancer")
    {
        using var client = ClientOf(balancer);
        using var content = new StringContent(json, Encoding.UTF8, "application/json");
        return await client.PostAsync(new Uri($"/set/{Uri.EscapeDataString(key)}", UriKind.Relative), content, Limit);
    }

    public async Task<HttpResponseMessage> GetAsync(string key, string balancer = "balancer")
    {
        using var client = ClientOf(balancer);
        return await client.GetAsync(new Uri($"/get/{Uri.EscapeDataString(key)}", UriKind.Relative), Limit);
    }

    public async Task<HttpResponseMessage> DeleteAsync(string key)
    {
        using var client = ClientOf("balancer");
        return await client.DeleteAsync(new Uri($"/delete/{Uri.EscapeDataString(key)}", UriKind.Relative), Limit);
    }

    /// <summary>The value as text; fails if the store does not answer with one.</summary>
    public async Task<string> ReadAsync(string key)
    {
        using var response = await GetAsync(key);
        var body = await response.Content.ReadAsStringAsync(Limit);
        Assert.True(response.IsSuccessStatusCode, $"GET {key}: {(int)response.StatusCode} {body}");
        return body;
    }

    public async Task WriteAsync(string key, string json)
    {
        using var response = await SetAsync(key, json);
        Assert.True(response.IsSuccessStatusCode, $"SET {key}: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync(Limit)}");
    }

    /// <summary>The in-sync nodes of the key, primary first.</summary>
    public async Task<string[]> ChainOfAsync(string key)
    {
        using var client = ClientOf("balancer");
        var placement = await client.GetFromJsonAsync<JsonElement>($"/cluster/keys/{Uri.EscapeDataString(key)}", Limit);
        return [.. placement.GetProperty("chain").EnumerateArray().Select(n => n.GetString()!)];
    }

    /// <summary>Waits until <c>GET /cluster</c> of a balancer satisfies the condition, and returns it.</summary>
    public async Task<JsonElement> WaitForAsync(string what, Func<JsonElement, bool> condition, string balancer = "balancer")
    {
        using var client = ClientOf(balancer);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Limit);
        patience.CancelAfter(Patience);
        var last = "no answer";
        while (!patience.IsCancellationRequested)
        {
            try
            {
                var status = await client.GetFromJsonAsync<JsonElement>("/cluster", patience.Token);
                if (condition(status))
                {
                    return status;
                }

                last = status.ToString();
            }
            catch (Exception e) when (e is HttpRequestException or OperationCanceledException or JsonException)
            {
                last = e.Message;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), CancellationToken.None);
        }

        throw new TimeoutException($"Waited in vain for {what}. Last seen: {last}");
    }

    /// <summary>Waits until a resource's process answers.</summary>
    public Task WaitForAnswerAsync(string resource) =>
        _app.ResourceNotifications.WaitForResourceHealthyAsync(resource, WaitBehavior.WaitOnResourceUnavailable, Limit);

    public Task<JsonElement> WaitForWholeAsync(string balancer = "balancer") =>
        WaitForAsync("all copies of all slots", IsWhole, balancer);

    public static bool IsServing(JsonElement status) => status.GetProperty("state").GetString() == "serving";

    public static bool IsStandby(JsonElement status) => status.GetProperty("state").GetString() == "standby";

    /// <summary>Serving, with every copy of every slot in sync.</summary>
    public static bool IsWhole(JsonElement status) =>
        IsServing(status) && status.GetProperty("slots") is var slots
        && slots.GetProperty("fullyReplicated").GetInt32() == slots.GetProperty("total").GetInt32();

    public static string StateOf(JsonElement status, string node) =>
        status.GetProperty("nodes").EnumerateArray().Single(n => n.GetProperty("name").GetString() == node).GetProperty("state").GetString()!;

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        Directory.Delete(_data, recursive: true);
        _limit.Dispose();
    }

    /// <summary>Runs a command of a resource.</summary>
    public async Task CommandAsync(string resource, string command)
    {
        var result = await _app.ResourceCommands.ExecuteCommandAsync(resource, command, Limit);
        Assert.True(result.Success, $"{command} {resource}: {result.Message}");
    }
}
