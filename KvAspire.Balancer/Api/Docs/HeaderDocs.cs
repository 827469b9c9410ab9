using Microsoft.Net.Http.Headers;

namespace KvAspire.Balancer.Api.Docs;

/// <summary>The headers of answers, and the errors, in words.</summary>
internal static class HeaderDocs
{
    public static readonly IReadOnlyDictionary<string, string> Texts = new Dictionary<string, string>
    {
        [HeaderNames.ETag] = "The version of the value, as a strong entity tag: \"term.revision.counter\".",
        [HeaderNames.Location] = "The path of the new key.",
        [HeaderNames.Allow] = "The methods that the path takes.",
        [HeaderNames.RetryAfter] = "After how many seconds trying again makes sense.",
        [ValueHeaders.Replicas] = "Copies that acknowledged (for a read: that are in sync), and copies wanted: 2/2.",
        [ValueHeaders.Expires] = "When the value goes, in UTC (RFC 3339); only if it was stored with a time to live.",
    };
}
