using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace KvAspire.Checking.Recording;

/// <summary>What one call of the store's API said.</summary>
/// <param name="Outcome">Null: it has surely not been done.</param>
/// <param name="Value">What a read gave; null for none.</param>
/// <param name="EntityTag">The ETag that came with it; null for none.</param>
/// <param name="Status">The HTTP status; 0 without an answer.</param>
internal readonly record struct CallResult(OperationOutcome? Outcome, string? Value = null, string? EntityTag = null, int Status = 0)
{
    /// <summary>The store did what it is for; else it was unavailable.</summary>
    public bool IsAnswered => Outcome is OperationOutcome.Ok or OperationOutcome.NotPassed;
}

/// <summary>Says an operation in HTTP and understands the answer.</summary>
internal static class StoreCall
{
    /// <summary>A client that never repeats a request by itself and takes as many connections as it needs.</summary>
    public static HttpClient CreateClient(Uri address, TimeSpan timeout) => new(new SocketsHttpHandler
    {
        ActivityHeadersPropagator = null,
        AllowAutoRedirect = false,
        ConnectTimeout = timeout,
        UseCookies = false,
        UseProxy = false,
    })
    {
        BaseAddress = address,
        Timeout = timeout,
    };

    /// <summary>Carries out an operation. Only the caller's cancellation throws.</summary>
    /// <param name="http">The balancer, as <see cref="CreateClient"/> gives it.</param>
    /// <param name="key">The key's name.</param>
    /// <param name="kind">What to do; a value of null deletes, which <see cref="OperationKind.WriteIfExists"/> and <see cref="OperationKind.WriteIfMatch"/> can.</param>
    /// <param name="value">What to write.</param>
    /// <param name="entityTag">The condition's.</param>
    /// <param name="timeToLive">Null for good.</param>
    /// <param name="cancelled">Ends the run.</param>
    public static async Task<CallResult> MakeAsync(
        HttpClient http, string key, OperationKind kind, string? value, string? entityTag, TimeSpan? timeToLive, CancellationToken cancelled)
    {
        using var request = Request(key, kind, value, entityTag, timeToLive);
        try
        {
            using var response = await http.SendAsync(request, cancelled);
            return await UnderstandAsync(kind, response, cancelled);
        }
        catch (OperationCanceledException) when (!cancelled.IsCancellationRequested)
        {
            return new CallResult(OperationOutcome.Unknown);
        }
        catch (HttpRequestException e)
        {
            // Whatever keeps a connection from being made, the request has not left.
            var isRefused = e.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError;
            return new CallResult(isRefused ? null : OperationOutcome.Unknown);
        }
        catch (IOException)
        {
            return new CallResult(OperationOutcome.Unknown);
        }
    }

    private static HttpRequestMessage Request(string key, OperationKind kind, string? value, string? entityTag, TimeSpan? timeToLive)
    {
        var query = timeToLive is { } life ? string.Create(CultureInfo.InvariantCulture, $"?ttl={life.TotalSeconds:0.###}") : "";
        var method = kind == OperationKind.Read ? HttpMethod.Get : value is null ? HttpMethod.Delete : HttpMethod.Put;
        var request = new HttpRequestMessage(method, $"/kv/{Uri.EscapeDataString(key)}{query}");
        if (kind != OperationKind.Read)
        {
            // The handler sends a request without content again when a kept connection turns out to be closed; with content, even
            // empty, it does not.
            request.Content = new StringContent(value ?? "", new MediaTypeHeaderValue("text/plain"));
        }

        switch (kind)
        {
            case OperationKind.WriteIfExists when value is not null:
                request.Headers.IfMatch.Add(EntityTagHeaderValue.Any);
                break;
            case OperationKind.WriteIfAbsent:
                request.Headers.IfNoneMatch.Add(EntityTagHeaderValue.Any);
                break;
            case OperationKind.WriteIfMatch:
                request.Headers.IfMatch.Add(EntityTagHeaderValue.Parse(entityTag!));
                break;
            case OperationKind.WriteIfNoMatch:
                request.Headers.IfNoneMatch.Add(EntityTagHeaderValue.Parse(entityTag!));
                break;
        }

        return request;
    }

    private static async Task<CallResult> UnderstandAsync(OperationKind kind, HttpResponseMessage response, CancellationToken cancelled)
    {
        var status = (int)response.StatusCode;
        var entityTag = response.Headers.ETag?.ToString();
        switch (response.StatusCode)
        {
            case HttpStatusCode.OK when kind == OperationKind.Read:
                return new CallResult(OperationOutcome.Ok, await response.Content.ReadAsStringAsync(cancelled), entityTag, status);
            case HttpStatusCode.Created or HttpStatusCode.NoContent:
                return new CallResult(OperationOutcome.Ok, null, entityTag, status);
            case HttpStatusCode.NotFound when kind == OperationKind.Read:
                return new CallResult(OperationOutcome.Ok, null, null, status);
            case HttpStatusCode.NotFound or HttpStatusCode.PreconditionFailed:
                return new CallResult(OperationOutcome.NotPassed, null, null, status);
            case HttpStatusCode.TooManyRequests:
                return new CallResult(null, null, null, status);
            default:
                // An error that does not say otherwise leaves everything open.
                var body = await response.Content.ReadAsByteArrayAsync(cancelled);
                return new CallResult(SaysNotDone(body) ? null : OperationOutcome.Unknown, null, null, status);
        }
    }

    private static bool SaysNotDone(byte[] body)
    {
        try
        {
            using var problem = JsonDocument.Parse(body);
            return problem.RootElement.ValueKind == JsonValueKind.Object
                && problem.RootElement.TryGetProperty("outcomeUnknown", out var member) && member.ValueKind == JsonValueKind.False;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
