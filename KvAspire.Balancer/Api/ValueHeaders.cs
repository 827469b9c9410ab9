using System.Globalization;
using KvAspire.Balancer.Store;

namespace KvAspire.Balancer.Api;

/// <summary>The headers that tell of a value: <c>ETag</c>, <c>Kv-Replicas</c>, <c>Kv-Expires</c>.</summary>
internal static class ValueHeaders
{
    /// <summary>Copies that acknowledged, and copies wanted: <c>2/2</c>.</summary>
    public const string Replicas = "Kv-Replicas";

    /// <summary>
    /// When the value goes, in UTC to the millisecond. Not <c>Expires</c>: that would allow a cache to answer in the
    /// store's place until then.
    /// </summary>
    public const string Expires = "Kv-Expires";

    private const int Cached = 8;

    // Formatted once: these go with every answer.
    private static readonly string[] ReplicaTexts = [.. Enumerable.Range(0, Cached * Cached).Select(i => Format(i / Cached, i % Cached))];

    /// <summary>The version as a strong entity tag.</summary>
    public static string FormatETag(EntryVersion version) =>
        string.Create(CultureInfo.InvariantCulture, $"\"{version.Epoch >> 32}.{(uint)version.Epoch}.{version.Counter}\"");

    public static string FormatReplicas(int replicas, int wanted) =>
        replicas is >= 0 and < Cached && wanted is >= 0 and < Cached
            ? ReplicaTexts[replicas * Cached + wanted]
            : Format(replicas, wanted);

    public static string FormatExpiry(DateTimeOffset expiresAt) =>
        expiresAt.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    /// <summary>
    /// A browser that shows the value must not take it for another type, or run it as a page of this host, which may do what the user may.
    /// </summary>
    public static void Disarm(HttpResponse response)
    {
        if (response.ContentType != ContentTypes.Json)
        {
            response.Headers.XContentTypeOptions = "nosniff";
            response.Headers.ContentSecurityPolicy = "sandbox";
        }
    }

    private static string Format(int replicas, int wanted) =>
        string.Create(CultureInfo.InvariantCulture, $"{replicas}/{wanted}");
}
