using Microsoft.Net.Http.Headers;

namespace KvAspire.Balancer.Api.Docs;

/// <summary>The calls on single keys, in words.</summary>
internal static class ValueDocs
{
    public const string Resource = "Keys as resources";
    public const string Original = "Original calls";

    private static readonly string[] ValueHeaderNames = [HeaderNames.ETag, ValueHeaders.Replicas, ValueHeaders.Expires];

    public static CallDocs Get(bool original) => new(original ? "get" : "getKey", original ? Original : Resource, "Read a value")
    {
        Remarks = "Answers with exactly the bytes that were stored, and their content type: the last acknowledged value of the key, never an older one. "
            + "If-Match is decided first, then If-None-Match (RFC 9110, section 13.2.2).",
        TakesKey = true,
        TakesConditions = true,
        Answers =
        [
            new(200, "The value.", ValueHeaderNames) { ContentType = "*/*" },
            new(304, "The client has this version.", ValueHeaderNames),
        ],
        Problems = [400, 404, 412, 429, 500, 503],
    };

    public static CallDocs Set { get; } = new("set", Original, "Store a JSON value")
    {
        Remarks = "Any JSON value, null and false too, nested up to 64 deep. It is kept byte for byte. The Content-Type may be left out, but must be JSON if it is sent.",
        TakesKey = true,
        TakesTimeToLive = true,
        TakesConditions = true,
        Body = ContentTypes.Json,
        Answers =
        [
            new(200, "Stored on every copy in sync.", HeaderNames.ETag, ValueHeaders.Replicas) { Type = typeof(SetReceipt), ContentType = ContentTypes.Json },
        ],
        Problems = [400, 403, 412, 413, 415, 422, 429, 500, 503],
    };

    public static CallDocs Put { get; } = new("putKey", Resource, "Store a value")
    {
        Remarks = "Any bytes, kept as they are with their content type; without one it is application/octet-stream.",
        TakesKey = true,
        TakesTimeToLive = true,
        TakesConditions = true,
        Body = "*/*",
        Answers =
        [
            new(201, "Stored; the key had no value before.", HeaderNames.Location, HeaderNames.ETag, ValueHeaders.Replicas),
            new(204, "Stored in place of another value.", HeaderNames.ETag, ValueHeaders.Replicas),
        ],
        Problems = [400, 403, 412, 413, 415, 422, 429, 500, 503],
    };

    public static CallDocs Delete(bool original) => new(original ? "delete" : "deleteKey", original ? Original : Resource, "Remove a key")
    {
        TakesKey = true,
        TakesConditions = true,
        Answers = [new(204, "Removed on every copy in sync.", ValueHeaders.Replicas)],
        Problems = [400, 403, 404, 412, 429, 500, 503],
    };
}
