using System.Net.Http.Headers;
using System.Text.Json;

namespace KvAspire.Load.Client;

/// <summary>
/// The store's HTTP API as the driver uses it; shared by all workers. Never repeats a request by itself, so that what
/// is counted is what was sent. Errors come back as answers; only cancellation throws.
/// </summary>
internal sealed class StoreClient : IDisposable
{
    private static readonly MediaTypeHeaderValue Json = new("application/json");

    private readonly HttpClient _http;

    /// <param name="address">The balancer.</param>
    /// <param name="connections">How many requests are under way at a time.</param>
    public StoreClient(Uri address, int connections)
    {
        var handler = new SocketsHttpHandler
        {
            ActivityHeadersPropagator = null,
            AllowAutoRedirect = false,
            ConnectTimeout = TimeSpan.FromSeconds(5),
            MaxConnectionsPerServer = connections + 2,
            PooledConnectionLifetime = Timeout.InfiniteTimeSpan,
            UseCookies = false,
            UseProxy = false,
        };
        _http = new HttpClient(handler) { BaseAddress = address, Timeout = Timeout.InfiniteTimeSpan };
    }

    public Task<StoreAnswer> SetAsync(string key, ReadOnlyMemory<byte> value, ReceiveBuffer buffer, Deadline deadline)
    {
        var content = new ReadOnlyMemoryContent(value);
        content.Headers.ContentType = Json;
        return SendAsync(HttpMethod.Post, "set/" + key, content, buffer, deadline);
    }

    public Task<StoreAnswer> GetAsync(string key, ReceiveBuffer buffer, Deadline deadline) =>
        SendAsync(HttpMethod.Get, "get/" + key, null, buffer, deadline);

    public Task<StoreAnswer> DeleteAsync(string key, ReceiveBuffer buffer, Deadline deadline) =>
        SendAsync(HttpMethod.Delete, "delete/" + key, null, buffer, deadline);

    /// <summary>Any other page, such as <c>health</c> or <c>cluster</c>.</summary>
    public Task<StoreAnswer> ReadPageAsync(string path, ReceiveBuffer buffer, Deadline deadline) =>
        SendAsync(HttpMethod.Get, path, null, buffer, deadline);

    /// <summary>Adds a node to the cluster.</summary>
    public Task<StoreAnswer> AddNodeAsync(string node, ReceiveBuffer buffer, Deadline deadline)
    {
        var content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, string> { ["name"] = node }));
        content.Headers.ContentType = Json;
        return SendAsync(HttpMethod.Post, "cluster/nodes", content, buffer, deadline);
    }

    /// <summary>Removes a node for good.</summary>
    public Task<StoreAnswer> RemoveNodeAsync(string node, ReceiveBuffer buffer, Deadline deadline) =>
        SendAsync(HttpMethod.Delete, "cluster/nodes/" + node, null, buffer, deadline);

    public void Dispose() => _http.Dispose();

    private async Task<StoreAnswer> SendAsync(HttpMethod method, string path, HttpContent? content, ReceiveBuffer buffer, Deadline deadline)
    {
        using var request = new HttpRequestMessage(method, path);

        // SocketsHttpHandler sends a request without content once more if a kept connection turns out to be closed:
        // a deletion could be applied twice, and a failure would be hidden. With content, even empty, it does not.
        request.Content = content ?? new ByteArrayContent([]);
        var token = deadline.Start();
        try
        {
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, token);
            var body = await buffer.ReadAsync(response.Content, token);
            var status = (int)response.StatusCode;
            return new StoreAnswer(AnswerKind.Answered, status, body, status >= 400 ? ReadOutcomeUnknown(body) : null);
        }
        catch (OperationCanceledException) when (!deadline.IsRunCancelled)
        {
            return new StoreAnswer(AnswerKind.TimedOut, 0, default);
        }
        catch (HttpRequestException exception)
        {
            // Whatever stops a connection from being made, the request has not left.
            var refused = exception.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError;
            return new StoreAnswer(refused ? AnswerKind.Refused : AnswerKind.Broken, 0, default);
        }
        catch (IOException)
        {
            return new StoreAnswer(AnswerKind.Broken, 0, default);
        }
    }

    private static bool? ReadOutcomeUnknown(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var problem = JsonDocument.Parse(body);
            return problem.RootElement.ValueKind == JsonValueKind.Object
                && problem.RootElement.TryGetProperty("outcomeUnknown", out var member)
                && member.ValueKind is JsonValueKind.True or JsonValueKind.False
                    ? member.GetBoolean()
                    : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
