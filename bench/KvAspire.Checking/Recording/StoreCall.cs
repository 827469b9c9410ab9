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
    /// <summary>The version that the ETag says; none without one.</summary>
    public StoreVersion Version => StoreVersion.TryParseEntityTag(EntityTag, out var version) ? version : default;

    /// <summary>Copies that are in sync, and copies wanted, as <c>2/2</c>; null if the answer does not say.</summary>
    public string? Replicas { get; init; }

    /// <summary>A sentence about an answer that the API does not have; null if it was none.</summary>
    public string? Unexpected { get; init; }

    /// <summary>The store did what it is for; else it was unavailable.</summary>
    public bool IsAnswered => Outcome is OperationOutcome.Ok or OperationOutcome.NotPassed;
}

/// <summary>Says an operation in HTTP and understands the answer.</summary>
internal static class StoreCall
{
    private const string ReplicasHeader = "Kv-Replicas";

    /// <summary>How much of an unexpected body is told.</summary>
    private const int BodyTold = 500;

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
            return await UnderstandAsync(kind, request, response, cancelled);
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

    private static async Task<CallResult> UnderstandAsync(
        OperationKind kind, HttpRequestMessage request, HttpResponseMessage response, CancellationToken cancelled)
    {
        var body = await response.Content.ReadAsStringAsync(cancelled);
        var told = new CallResult(
            OutcomeOf(kind, request.Method, response.StatusCode, body),
            response.StatusCode == HttpStatusCode.OK ? body : null,
            response.Headers.ETag?.ToString(),
            (int)response.StatusCode)
        {
            Replicas = response.Headers.TryGetValues(ReplicasHeader, out var replicas) ? string.Join(", ", replicas) : null,
        };
        var isMissingVersion = told.Version.IsNone && response.IsSuccessStatusCode && request.Method != HttpMethod.Delete;
        return isMissingVersion || !IsInTheApi(kind, request.Method, response.StatusCode)
            ? told with { Unexpected = Describe(request, response, body) }
            : told;
    }

    /// <summary>Null: it has surely not been done. An answer that does not say so leaves everything open.</summary>
    private static OperationOutcome? OutcomeOf(OperationKind kind, HttpMethod method, HttpStatusCode status, string body) => status switch
    {
        HttpStatusCode.TooManyRequests => null,
        _ when status == HttpStatusCode.ServiceUnavailable || !IsInTheApi(kind, method, status) => SaysNotDone(body) ? null : OperationOutcome.Unknown,
        HttpStatusCode.PreconditionFailed => OperationOutcome.NotPassed,
        HttpStatusCode.NotFound when kind != OperationKind.Read => OperationOutcome.NotPassed,
        _ => OperationOutcome.Ok,
    };

    /// <summary>The API has this answer to such a call. (Whether the answer is right is another question.)</summary>
    private static bool IsInTheApi(OperationKind kind, HttpMethod method, HttpStatusCode status) => status switch
    {
        HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable => true,
        HttpStatusCode.OK => kind == OperationKind.Read,
        HttpStatusCode.Created => method == HttpMethod.Put,
        HttpStatusCode.NoContent => kind != OperationKind.Read,
        HttpStatusCode.NotFound => method != HttpMethod.Put,
        HttpStatusCode.PreconditionFailed => kind is not (OperationKind.Read or OperationKind.Write),
        _ => false,
    };

    private static string Describe(HttpRequestMessage request, HttpResponseMessage response, string body)
    {
        var condition = string.Concat(
            request.Headers.IfMatch.Select(t => $", If-Match: {t}").Concat(request.Headers.IfNoneMatch.Select(t => $", If-None-Match: {t}")));
        var told = body.Length > BodyTold ? body[..BodyTold] + "…" : body.Length > 0 ? body : "(no body)";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{request.Method} {request.RequestUri?.OriginalString}{condition} was answered {(int)response.StatusCode}, ETag: {response.Headers.ETag?.ToString() ?? "none"}: {told}");
    }

    private static bool SaysNotDone(string body)
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
