using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace KvAspire.Tests.Api;

/// <summary>The document must say what the calls do, and the page must be there.</summary>
public sealed class OpenApiTests : IAsyncLifetime
{
    private ApiHost _host = null!;
    private JsonElement _document;

    public async Task InitializeAsync()
    {
        _host = await ApiHost.StartAsync();
        _document = JsonDocument.Parse(await _host.Client.GetStringAsync("/openapi/v1.json")).RootElement;
    }

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public void Document_Operations_AreAllCallsAndNoOthers()
    {
        var described = Operations().Select(o => $"{o.Method} {o.Path}");
        var mapped = _host.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Select(e => (Pattern: e.RoutePattern.RawText!.Replace("**", "", StringComparison.Ordinal), e.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods))
            .Where(e => e.Pattern != "/" && !e.Pattern.StartsWith("/openapi", StringComparison.Ordinal))
            .SelectMany(e => e.HttpMethods!.Select(method => $"{method} {e.Pattern}"));

        Assert.Equal(mapped.Order(StringComparer.Ordinal), described.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Document_OperationIds_AreUnique()
    {
        var ids = Operations().Select(o => o.Operation.GetProperty("operationId").GetString()).ToArray();

        Assert.Equal(ids.Distinct().Count(), ids.Length);
    }

    [Fact]
    public void Document_References_AllResolve()
    {
        var schemas = _document.GetProperty("components").GetProperty("schemas");
        var references = Descendants(_document).Where(p => p.Name == "$ref").Select(p => p.Value.GetString()!).Distinct().ToArray();

        Assert.NotEmpty(references);
        Assert.All(references, r => Assert.True(schemas.TryGetProperty(r["#/components/schemas/".Length..], out _), r));
    }

    [Fact]
    public void Document_Numbers_AreNoStrings()
    {
        var slots = _document.GetProperty("components").GetProperty("schemas").GetProperty("KeyPlacement").GetProperty("properties").GetProperty("slot");

        Assert.Equal("integer", slots.GetProperty("type").GetString());
    }

    [Theory]
    [InlineData("", null)]
    [InlineData("", "If-Match: *")]
    [InlineData("", "If-None-Match: *")]
    [InlineData("", "If-Match: nonsense")]
    [InlineData("?ttl=nonsense", null)]
    [InlineData("", "Content-Type: text/plain")]
    [InlineData("", "Origin: http://elsewhere.example")]
    public async Task Document_Answers_AreThoseThatCome(string query, string? header)
    {
        foreach (var (method, path, operation) in Operations())
        {
            foreach (var key in new[] { "there", "new", "%FF" })
            {
                foreach (var body in new[] { "", "nonsense", "1", new string('1', 2_000_000) })
                {
                    _host.Store.Put("there", new(new(1, 1), "v"u8.ToArray(), "text/plain", null));
                    var isRead = method is "GET" or "HEAD";
                    var type = header?.StartsWith("Content-Type: ", StringComparison.Ordinal) is true ? header["Content-Type: ".Length..] : null;

                    using var answer = await _host.Client.CallAsync(
                        method,
                        path.Replace("{key}", key, StringComparison.Ordinal) + query,
                        isRead ? null : System.Text.Encoding.ASCII.GetBytes(body),
                        type,
                        header is null || type is not null ? [] : [header]);

                    var status = ((int)answer.StatusCode).ToString(CultureInfo.InvariantCulture);
                    var described = operation.GetProperty("responses").TryGetProperty(status, out var response);
                    Assert.True(described, $"{method} {path} with {key} and {header} answered {status}");
                    AssertHeadersOf(response, answer);
                    if (isRead)
                    {
                        break;
                    }
                }
            }
        }
    }

    [Fact]
    public async Task Page_Root_IsSelfContained()
    {
        using var answer = await _host.Client.GetAsync("/");
        using var head = await _host.Client.CallAsync("HEAD", "/");

        var page = await answer.Content.ReadAsStringAsync();
        Assert.Equal("text/html; charset=utf-8", answer.Header("Content-Type"));
        Assert.Equal(answer.Header("Content-Length"), head.Header("Content-Length"));
        Assert.Contains("href=\"/cluster\"", page, StringComparison.Ordinal);
        Assert.Contains("curl", page, StringComparison.Ordinal);
        Assert.DoesNotContain("src=", page, StringComparison.Ordinal);
        Assert.DoesNotContain("https://", page, StringComparison.Ordinal);
    }

    // Those of the value that depend on how it was stored may be missing.
    private static void AssertHeadersOf(JsonElement response, HttpResponseMessage answer)
    {
        if (response.TryGetProperty("headers", out var headers))
        {
            Assert.All(
                headers.EnumerateObject().Where(h => h.Name != "Kv-Expires"),
                h => Assert.True(answer.Header(h.Name) is not null, $"{h.Name} is missing"));
        }
    }

    private IEnumerable<(string Method, string Path, JsonElement Operation)> Operations() =>
        from path in _document.GetProperty("paths").EnumerateObject()
        from operation in path.Value.EnumerateObject()
        select (operation.Name.ToUpperInvariant(), path.Name, operation.Value);

    private static IEnumerable<JsonProperty> Descendants(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(p => Descendants(p.Value).Prepend(p)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(Descendants),
        _ => [],
    };
}
