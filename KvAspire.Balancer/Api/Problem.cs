using System.Text.Json.Serialization;
using Microsoft.AspNetCore.WebUtilities;

namespace KvAspire.Balancer.Api;

/// <summary>An error as RFC 9457 problem details. The type is the default, <c>about:blank</c>.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Detail">A sentence that says what is wrong and what to do.</param>
internal sealed record Problem(int Status, string Detail)
{
    [JsonPropertyOrder(-1)]
    public string Title => ReasonPhrases.GetReasonPhrase(Status);

    /// <summary>1-based line of the fault in a JSON body.</summary>
    public long? Line { get; init; }

    /// <summary>1-based position of the fault in its line, in bytes.</summary>
    public long? Column { get; init; }

    /// <summary>Names of the nodes whose return would help.</summary>
    public IReadOnlyList<string>? WaitingFor { get; init; }

    /// <summary>A write may have taken effect, or may still do so; null where no write is in question.</summary>
    public bool? OutcomeUnknown { get; init; }

    /// <summary>Whole seconds for the <c>Retry-After</c> header; null for none.</summary>
    [JsonIgnore]
    public long? RetryAfterSeconds { get; init; }

    public static Problem BadRequest(string detail) => new(StatusCodes.Status400BadRequest, detail);

    public static Problem NoValue { get; } =
        new(StatusCodes.Status404NotFound, "The key has no value. Store one with PUT /kv/{key}.");

    public static Problem ConditionNotMet { get; } =
        new(StatusCodes.Status412PreconditionFailed, "The condition does not hold, so nothing was changed. Read the key again and decide with its new ETag.");

    /// <summary>Answers the request with this problem. The response must not have started.</summary>
    public Task WriteAsync(HttpContext context)
    {
        var response = context.Response;
        response.StatusCode = Status;
        if (RetryAfterSeconds is { } seconds)
        {
            response.Headers.RetryAfter = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }

        return JsonAnswer.WriteAsync(response, this, ApiJson.OneLine.Problem, "application/problem+json");
    }
}
