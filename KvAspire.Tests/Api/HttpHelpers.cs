using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace KvAspire.Tests.Api;

/// <summary>Short forms of requests and of what is expected of answers.</summary>
internal static class HttpHelpers
{
    /// <param name="client">Sends it.</param>
    /// <param name="method">The method.</param>
    /// <param name="path">With its query.</param>
    /// <param name="body">Null for none.</param>
    /// <param name="contentType">Sent unchecked; null for none.</param>
    /// <param name="headers">Sent unchecked, as <c>Name: value</c>.</param>
    public static async Task<HttpResponseMessage> CallAsync(
        this HttpClient client, string method, string path, byte[]? body = null, string? contentType = null, params string[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(body);
            if (contentType is not null)
            {
                request.Content.Headers.TryAddWithoutValidation("Content-Type", contentType);
            }
        }

        foreach (var header in headers)
        {
            var colon = header.IndexOf(':', StringComparison.Ordinal);
            request.Headers.TryAddWithoutValidation(header[..colon], header[(colon + 1)..].Trim());
        }

        return await client.SendAsync(request);
    }

    public static Task<HttpResponseMessage> SetAsync(this HttpClient client, string key, string json, string? contentType = "application/json") =>
        client.CallAsync("POST", "/set/" + key, Encoding.UTF8.GetBytes(json), contentType);

    public static Task<HttpResponseMessage> PutAsync(this HttpClient client, string pathAndQuery, params string[] headers) =>
        client.CallAsync("PUT", "/kv/" + pathAndQuery, "v"u8.ToArray(), "text/plain", headers);

    /// <summary>The single value of a header, of the answer or of its content; null if there is none.</summary>
    public static string? Header(this HttpResponseMessage answer, string name) =>
        answer.Headers.NonValidated.TryGetValues(name, out var values)
            || answer.Content.Headers.NonValidated.TryGetValues(name, out values)
                ? Assert.Single((IEnumerable<string>)values)
                : null;

    /// <summary>The answer must be this error, as problem details with a sentence.</summary>
    public static async Task<JsonElement> AssertProblemAsync(this HttpResponseMessage answer, HttpStatusCode expected)
    {
        Assert.Equal(expected, answer.StatusCode);
        Assert.Equal(new MediaTypeHeaderValue("application/problem+json"), answer.Content.Headers.ContentType);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.EndsWith("}\n", text, StringComparison.Ordinal);
        var problem = JsonDocument.Parse(text).RootElement;
        Assert.Equal((int)expected, problem.GetProperty("status").GetInt32());
        Assert.NotEmpty(problem.GetProperty("title").GetString()!);
        Assert.Matches(@"^[A-Z].*\.$", problem.GetProperty("detail").GetString()!);
        return problem;
    }
}
