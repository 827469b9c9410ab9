using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using KvAspire.Balancer.Store;

namespace KvAspire.Tests.Api;

public sealed class NodesApiTests : IAsyncLifetime
{
    private ApiHost _host = null!;

    public async Task InitializeAsync() => _host = await ApiHost.StartAsync();

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Theory]
    [InlineData("POST", "/cluster/nodes", "{\"name\":\"node4\"}", "add node4 ")]
    [InlineData("POST", "/cluster/nodes", "{\"name\":\"n.4_a\",\"address\":\"http://host:4001\"}", "add n.4_a http://host:4001")]
    [InlineData("DELETE", "/cluster/nodes/node2", null, "remove node2")]
    [InlineData("POST", "/cluster/nodes/node2/forget", null, "forget node2")]
    public async Task Change_Accepted_Is202WithWhereToWatch(string method, string path, string? body, string asked)
    {
        using var answer = await SendAsync(method, path, body);

        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        Assert.Equal("/cluster", answer.Headers.Location?.ToString());
        Assert.Equal("/cluster", (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("watch").GetString());
        Assert.Equal(asked, _host.Store.Asked);
    }

    [Theory]
    [InlineData(AdminStatus.Unknown, HttpStatusCode.NotFound)]
    [InlineData(AdminStatus.Conflict, HttpStatusCode.Conflict)]
    internal async Task Change_NotPossible_SaysWhy(AdminStatus status, HttpStatusCode expected)
    {
        _host.Store.Admin = new AdminOutcome(status, "The reason.");

        using var answer = await SendAsync("DELETE", "/cluster/nodes/node2", null);

        Assert.Equal(expected, answer.StatusCode);
        Assert.StartsWith("The reason.", (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("POST", "/cluster/nodes", "", HttpStatusCode.UnprocessableEntity)]
    [InlineData("POST", "/cluster/nodes", "{", HttpStatusCode.BadRequest)]
    [InlineData("POST", "/cluster/nodes", "[]", HttpStatusCode.BadRequest)]
    [InlineData("POST", "/cluster/nodes", "null", HttpStatusCode.BadRequest)]
    [InlineData("POST", "/cluster/nodes", "{\"name\":7}", HttpStatusCode.BadRequest)]
    [InlineData("POST", "/cluster/nodes", "{\"name\":\"a b\"}", HttpStatusCode.BadRequest)]
    [InlineData("POST", "/cluster/nodes", "{\"name\":\"a..b\"}", HttpStatusCode.BadRequest)]
    [InlineData("POST", "/cluster/nodes", "{\"name\":\".a\"}", HttpStatusCode.BadRequest)]
    [InlineData("POST", "/cluster/nodes", "{\"name\":\"a-.b\"}", HttpStatusCode.BadRequest)]
    [InlineData("POST", "/cluster/nodes", "{\"name\":\"a\",\"address\":\"host:1\"}", HttpStatusCode.BadRequest)]
    [InlineData("POST", "/cluster/nodes", "{\"name\":\"a\",\"address\":\"http://host:1/path\"}", HttpStatusCode.BadRequest)]
    [InlineData("POST", "/cluster/nodes", "{\"name\":\"a\",\"adress\":\"http://host:1\"}", HttpStatusCode.BadRequest)]
    [InlineData("DELETE", "/cluster/nodes/a%20b", null, HttpStatusCode.BadRequest)]
    [InlineData("PUT", "/cluster/nodes/a", "{}", HttpStatusCode.MethodNotAllowed)]
    public async Task Change_Malformed_IsRefusedAndNothingAsked(string method, string path, string? body, HttpStatusCode expected)
    {
        using var answer = await SendAsync(method, path, body);

        Assert.Equal(expected, answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        Assert.Null(_host.Store.Asked);
    }

    [Theory]
    [InlineData("Sec-Fetch-Site", "cross-site", HttpStatusCode.Forbidden)]
    [InlineData("Sec-Fetch-Site", "same-site", HttpStatusCode.Forbidden)]
    [InlineData("Origin", "http://elsewhere.example", HttpStatusCode.Forbidden)]
    [InlineData("Origin", "null", HttpStatusCode.Forbidden)]
    [InlineData("Sec-Fetch-Site", "same-origin", HttpStatusCode.Accepted)]
    [InlineData("Sec-Fetch-Site", "none", HttpStatusCode.Accepted)]
    [InlineData("Origin", null, HttpStatusCode.Accepted)]
    public async Task Change_FromAPageOfAnotherSite_IsRefused(string header, string? value, HttpStatusCode expected)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/cluster/nodes/node2/forget");
        request.Headers.Add(header, value ?? _host.Client.BaseAddress!.GetLeftPart(UriPartial.Authority));

        using var answer = await _host.Client.SendAsync(request);

        Assert.Equal(expected, answer.StatusCode);
        Assert.Equal(expected == HttpStatusCode.Accepted ? "forget node2" : null, _host.Store.Asked);
    }

    [Fact]
    public async Task Read_FromAPageOfAnotherSite_IsAnswered()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/cluster");
        request.Headers.Add("Sec-Fetch-Site", "cross-site");

        using var answer = await _host.Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5000)]
    public async Task Add_BodyEmptyOrTooLarge_SpeaksOfNodes(int length)
    {
        using var answer = await SendAsync("POST", "/cluster/nodes", new string(' ', length));

        var detail = (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("detail").GetString();
        Assert.Contains("\"node4\"", detail, StringComparison.Ordinal);
        Assert.DoesNotContain("value", detail, StringComparison.Ordinal);
    }

    private async Task<HttpResponseMessage> SendAsync(string method, string path, string? body)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path)
        {
            Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json"),
        };
        return await _host.Client.SendAsync(request);
    }
}
