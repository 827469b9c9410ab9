using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace KvAspire.Balancer.Api;

/// <summary>Writes the API's own JSON, with a newline at the end: a prompt stays on its own line after curl.</summary>
internal static class JsonAnswer
{
    public static async Task WriteAsync<T>(
        HttpResponse response, T body, JsonTypeInfo<T> type, string contentType = "application/json")
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(body, type);
        response.ContentType = contentType;
        // True of this moment only; and a cache may keep a 404 as long as it likes if it is not told.
        response.Headers.CacheControl = "no-store";
        response.ContentLength = json.Length + 1;
        if (!HttpMethods.IsHead(response.HttpContext.Request.Method))
        {
            var writer = response.BodyWriter;
            var span = writer.GetSpan(json.Length + 1);
            json.CopyTo(span);
            span[json.Length] = (byte)'\n';
            writer.Advance(json.Length + 1);
            await writer.FlushAsync();
        }
    }
}
