using KvAspire.Balancer.Store;

namespace KvAspire.Balancer.Api;

/// <summary>Which problem tells the client of which failure.</summary>
internal static class ErrorProblems
{
    public static Problem Unexpected { get; } = new(
        StatusCodes.Status500InternalServerError,
        "Something failed that should not have; the balancer's log says what. Read the key before you repeat a write.");

    /// <summary>For a status that was set without a body; null if the response has one.</summary>
    public static Problem? ForStatus(HttpResponse response)
    {
        if (response.HasStarted || response.ContentLength is not null || response.ContentType is not null)
        {
            return null;
        }

        return response.StatusCode switch
        {
            StatusCodes.Status404NotFound => new(
                response.StatusCode, "There is nothing at this path. Values are at /kv/{key}; the page at / lists the calls."),
            StatusCodes.Status405MethodNotAllowed => new(
                response.StatusCode, $"This path does not take this method. Use one of: {response.Headers.Allow}."),
            var status => new(status, "The request cannot be answered as it is. The page at / lists the calls."),
        };
    }

    public static Problem ForUnavailable(StoreUnavailableException e, string method) => new(
        e.Overloaded ? StatusCodes.Status429TooManyRequests : StatusCodes.Status503ServiceUnavailable, e.Message)
    {
        WaitingFor = e.WaitingFor,
        OutcomeUnknown = IsRead(method) ? null : e.OutcomeUnknown,
        RetryAfterSeconds = Math.Max(1, (long)Math.Ceiling(e.RetryAfter.TotalSeconds)),
    };

    public static Problem ForBadRequest(BadHttpRequestException e) => e.StatusCode switch
    {
        StatusCodes.Status413PayloadTooLarge => new(
            e.StatusCode, "The body is larger than this server takes. Send less, or raise Store:MaxValueBytes."),
        StatusCodes.Status408RequestTimeout => new(
            e.StatusCode, "The body came too slowly. Send the request again, with its body in one go."),
        // The server's own words tell of the client's bytes alone.
        var status => new(status, $"The request is not proper HTTP: {e.Message} Correct it and send it again."),
    };

    public static Problem Stopping(string method) => new(
        StatusCodes.Status503ServiceUnavailable, "This balancer is stopping. Send the request again in a moment.")
    {
        OutcomeUnknown = IsRead(method) ? null : true,
        RetryAfterSeconds = 1,
    };

    private static bool IsRead(string method) => HttpMethods.IsGet(method) || HttpMethods.IsHead(method);
}
