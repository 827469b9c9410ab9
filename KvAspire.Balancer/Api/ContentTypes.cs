using System.Diagnostics.CodeAnalysis;
using Microsoft.Net.Http.Headers;

namespace KvAspire.Balancer.Api;

/// <summary>What a request may say of its body's type.</summary>
internal static class ContentTypes
{
    public const string Json = "application/json";

    /// <summary>For a value of which the client said nothing.</summary>
    public const string Unknown = "application/octet-stream";

    private const int MaxLength = 256;

    /// <summary>The type to keep with a value: as given, or <see cref="Unknown"/>.</summary>
    public static bool TryReadAny(
        HttpRequest request, [NotNullWhen(true)] out string? contentType, [NotNullWhen(false)] out Problem? problem)
    {
        contentType = request.ContentType is { Length: > 0 } given ? given : Unknown;

        // It is sent back with each read, where a header that is no proper one could not be written.
        problem = contentType.Length <= MaxLength
            && IsPrintable(contentType)
            && MediaTypeHeaderValue.TryParse(contentType, out var parsed)
            && !parsed.MatchesAllSubTypes
                ? null
                : Problem.BadRequest($"The Content-Type is not a media type of at most {MaxLength} printable ASCII characters, such as text/plain; charset=utf-8.");
        return problem is null;
    }

    /// <summary>The type to send with a value: as stored, or <see cref="Unknown"/> where a header could not carry that.</summary>
    public static string ToSend(string stored) => stored.Length > 0 && IsPrintable(stored) ? stored : Unknown;

    /// <summary>Null if the type is JSON in UTF-8, or not given.</summary>
    public static Problem? RequireJson(HttpRequest request)
    {
        if (request.ContentType is not { Length: > 0 } given || given.Equals(Json, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        return MediaTypeHeaderValue.TryParse(given, out var parsed) && IsJson(parsed)
            ? null
            : new Problem(
                StatusCodes.Status415UnsupportedMediaType,
                "The body is declared to be something other than JSON in UTF-8. Add the header 'Content-Type: application/json' (with curl: -H 'Content-Type: application/json', or --json in place of -d), or store other types with PUT /kv/{key}.");
    }

    /// <summary>Null if the body is the whole value as it is: neither a part of it (RFC 9110, section 14.5) nor compressed.</summary>
    public static Problem? RequireWhole(HttpRequest request)
    {
        if (request.Headers.ContentRange.Count > 0)
        {
            return Problem.BadRequest("A Content-Range says that the body is a part of the value. Send the whole value.");
        }

        return request.Headers.ContentEncoding is [] or ["identity" or ""]
            ? null
            : new Problem(
                StatusCodes.Status415UnsupportedMediaType,
                "A Content-Encoding is not kept with the value. Send the value without it, or say with the Content-Type what the bytes are.");
    }

    /// <summary>The parser lets control characters pass within quotes, where the server would refuse to send them back.</summary>
    private static bool IsPrintable(string type) => !type.AsSpan().ContainsAnyExceptInRange(' ', '~');

    private static bool IsJson(MediaTypeHeaderValue type) =>
        (type.MediaType.Equals(Json, StringComparison.OrdinalIgnoreCase)
            || type.MediaType.Equals("text/json", StringComparison.OrdinalIgnoreCase)
            || type.Suffix.Equals("json", StringComparison.OrdinalIgnoreCase))
        && (!type.Charset.HasValue
            || HeaderUtilities.RemoveQuotes(type.Charset).Equals("utf-8", StringComparison.OrdinalIgnoreCase));
}
