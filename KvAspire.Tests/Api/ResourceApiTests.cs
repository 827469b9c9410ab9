using System.Globalization;
using System.Net;
using System.Security.Cryptography;

namespace KvAspire.Tests.Api;

/// <summary><c>/kv/{key}</c>, without its conditions.</summary>
public sealed class ResourceApiTests : IAsyncLifetime
{
    private ApiHost _host = null!;

    private HttpClient Client => _host.Client;

    public async Task InitializeAsync() => _host = await ApiHost.StartAsync();

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Theory]
    [InlineData(1)]
    [InlineData(4096)]
    [InlineData(300_000)]
    public async Task Put_AnyBytes_AreReturnedExactly(int length)
    {
        var value = RandomNumberGenerator.GetBytes(length);

        using var put = await Client.CallAsync("PUT", "/kv/k", value, "image/png");
        using var get = await Client.GetAsync("/kv/k");

        Assert.Equal(HttpStatusCode.Created, put.StatusCode);
        Assert.Equal(value, await get.Content.ReadAsByteArrayAsync());
        Assert.Equal("image/png", get.Header("Content-Type"));
        Assert.Equal(length.ToString(CultureInfo.InvariantCulture), get.Header("Content-Length"));
    }

    [Theory]
    [InlineData(null, "application/octet-stream")]
    [InlineData("", "application/octet-stream")]
    [InlineData("text/plain; charset=iso-8859-1", "text/plain; charset=iso-8859-1")]
    [InlineData("application/x-www-form-urlencoded", "application/x-www-form-urlencoded")]
    public async Task Put_ContentType_IsKept(string? sent, string kept)
    {
        using var put = await Client.CallAsync("PUT", "/kv/k", [1], sent);
        using var get = await Client.GetAsync("/kv/k");

        Assert.Equal(kept, get.Header("Content-Type"));
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("text/")]
    [InlineData("*/*")]
    [InlineData("text/plain, text/html")]
    [InlineData("text/plain; a=\"\u00C3\u00A9\"")]
    [InlineData("text/plain; a=\"\u0001\"")]
    [InlineData("text/plain; a=\"\u007F\"")]
    public async Task Put_NoMediaType_Is400(string contentType)
    {
        var answer = await _host.SendTargetAsync("PUT", "/kv/k", $"Content-Type: {contentType}\r\nContent-Length: 1\r\n\r\nv");

        Assert.Equal(400, answer.Status);
        Assert.Contains("media type", answer.Body, StringComparison.Ordinal);
        Assert.Null(_host.Store["k"]);
    }

    [Theory]
    [InlineData("Content-Range: bytes 100-199/200", 400)]
    [InlineData("Content-Encoding: gzip", 415)]
    [InlineData("Content-Encoding: identity", 201)]
    public async Task Put_BodyThatIsNotTheValueAsItIs_IsRefused(string header, int status)
    {
        var answer = await _host.SendTargetAsync("PUT", "/kv/k", $"{header}\r\nContent-Length: 1\r\n\r\nv");

        Assert.Equal(status, answer.Status);
        Assert.Equal(status == 201, _host.Store["k"] is not null);
    }

    [Theory]
    [InlineData("text/html", "nosniff", "sandbox")]
    [InlineData("application/json", null, null)]
    public async Task Get_ValueThatABrowserMightRun_IsDisarmed(string type, string? options, string? policy)
    {
        _host.Store.Put("k", new(new(1, 1), "<script>"u8.ToArray(), type, null));

        using var answer = await Client.GetAsync("/kv/k");

        Assert.Equal((options, policy), (answer.Header("X-Content-Type-Options"), answer.Header("Content-Security-Policy")));
    }

    [Fact]
    public async Task Get_NoValue_IsNotCached()
    {
        using var answer = await Client.GetAsync("/kv/none");

        Assert.Equal("no-store", answer.Header("Cache-Control"));
    }

    [Fact]
    public async Task Put_LongMediaType_Is400()
    {
        using var answer = await Client.CallAsync("PUT", "/kv/k", [1], "text/plain; a=" + new string('a', 300));

        await answer.AssertProblemAsync(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Put_NewThenOld_Is201Then204()
    {
        using var first = await Client.PutAsync("a%2Fb%20%C3%A9+");
        using var second = await Client.PutAsync("a%2Fb%20%C3%A9+");

        Assert.Equal(HttpStatusCode.Created, first.StatusCode);
        Assert.Equal("/kv/a%2Fb%20%C3%A9%2B", first.Header("Location"));
        Assert.Equal("\"3.7.1\"", first.Header("ETag"));
        Assert.Equal("2/2", first.Header("Kv-Replicas"));
        Assert.Equal(HttpStatusCode.NoContent, second.StatusCode);
        Assert.Null(second.Header("Location"));
        Assert.Equal("\"3.7.2\"", second.Header("ETag"));
        Assert.Equal("2/2", second.Header("Kv-Replicas"));
    }

    [Fact]
    public async Task Put_AtLocation_IsTheSameKey()
    {
        foreach (var key in new[] { "a/b", "..", ".", "x y+%2F?#", "漢" })
        {
            _host.Store.Put(key, new(new(1, 1), "v"u8.ToArray(), "text/plain", null));
            var target = "/kv/" + Uri.EscapeDataString(key).Replace(".", "%2E", StringComparison.Ordinal);
            await _host.SendTargetAsync("DELETE", target);

            var put = await _host.SendTargetAsync("PUT", target, "Content-Length: 1\r\n\r\nv");
            var location = put.Headers.Split("\r\n").Single(h => h.StartsWith("Location: ", StringComparison.Ordinal))["Location: ".Length..];
            var get = await _host.SendTargetAsync("GET", location);

            Assert.Equal(201, put.Status);
            Assert.Equal(200, get.Status);
        }
    }

    [Fact]
    public async Task Put_Empty_Is422()
    {
        using var answer = await Client.CallAsync("PUT", "/kv/k", []);

        await answer.AssertProblemAsync(HttpStatusCode.UnprocessableEntity);
    }

    [Fact]
    public async Task Head_Value_HasTheHeadersOfGetAndNoBody()
    {
        using var put = await Client.PutAsync("k?ttl=60");

        using var get = await Client.GetAsync("/kv/k");
        using var head = await Client.CallAsync("HEAD", "/kv/k");
        using var none = await Client.CallAsync("HEAD", "/kv/none");
        var raw = await _host.SendTargetAsync("HEAD", "/kv/none");

        foreach (var name in new[] { "ETag", "Kv-Replicas", "Kv-Expires", "Content-Type", "Content-Length", "Cache-Control" })
        {
            Assert.NotNull(get.Header(name));
            Assert.Equal(get.Header(name), head.Header(name));
        }

        Assert.Empty(await head.Content.ReadAsByteArrayAsync());
        Assert.Equal(HttpStatusCode.NotFound, none.StatusCode);
        Assert.Equal((404, ""), (raw.Status, raw.Body));
    }

    [Theory]
    [InlineData("")]
    [InlineData("text/plain; a=\"\u0001\"")]
    [InlineData("text/plain; a=\"\u00E9\"")]
    public async Task Get_OldValueWithoutATypeThatCanBeSent_HasOne(string stored)
    {
        _host.Store.Put("k", new(new(1, 1), "v"u8.ToArray(), stored, null));

        using var get = await Client.GetAsync("/kv/k");

        Assert.Equal(HttpStatusCode.OK, get.StatusCode);
        Assert.Equal("application/octet-stream", get.Header("Content-Type"));
    }

    [Fact]
    public async Task Calls_OldAndNew_AreTheSameStore()
    {
        using var put = await Client.PutAsync("k");
        using var get = await Client.GetAsync("/get/k");
        using var set = await Client.SetAsync("k", "[1]");
        using var got = await Client.GetAsync("/kv/k");
        using var deleted = await Client.DeleteAsync("/kv/k");
        using var gone = await Client.DeleteAsync("/delete/k");

        Assert.Equal("v", await get.Content.ReadAsStringAsync());
        Assert.Equal("[1]", await got.Content.ReadAsStringAsync());
        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        await gone.AssertProblemAsync(HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData("60", 60_000)]
    [InlineData("0.001", 1)]
    [InlineData("1.5", 1_500)]
    [InlineData(".5", 500)]
    [InlineData("0.0011", 2)]
    [InlineData("3153600000", 3_153_600_000_000)]
    public async Task Put_TimeToLive_IsKeptAndShown(string ttl, long milliseconds)
    {
        var before = DateTimeOffset.UtcNow;
        using var put = await Client.PutAsync("k?ttl=" + ttl);
        var after = DateTimeOffset.UtcNow;
        using var get = await Client.GetAsync("/kv/k");

        var expiresAt = _host.Store["k"]!.ExpiresAt!.Value;
        Assert.InRange(expiresAt, before.AddMilliseconds(milliseconds), after.AddMilliseconds(milliseconds));
        var shown = DateTimeOffset.ParseExact(
            get.Header("Kv-Expires")!, "yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
        Assert.InRange(expiresAt - shown, TimeSpan.Zero, TimeSpan.FromMilliseconds(1));
    }

    [Fact]
    public async Task Put_NoTimeToLive_LastsForEver()
    {
        using var put = await Client.PutAsync("k?other=1");
        using var get = await Client.GetAsync("/kv/k");

        Assert.Null(_host.Store["k"]!.ExpiresAt);
        Assert.Null(get.Header("Kv-Expires"));
    }

    [Theory]
    [InlineData("ttl=")]
    [InlineData("ttl")]
    [InlineData("ttl=0")]
    [InlineData("ttl=-1")]
    [InlineData("ttl=0.0001")]
    [InlineData("ttl=1e3")]
    [InlineData("ttl=1,000")]
    [InlineData("ttl=%201")]
    [InlineData("ttl=NaN")]
    [InlineData("ttl=Infinity")]
    [InlineData("ttl=3153600001")]
    [InlineData("ttl=99999999999999999999999999999999999999999")]
    [InlineData("ttl=1&ttl=2")]
    [InlineData("ttl=%FF")]
    [InlineData("ttl=%zz")]
    public async Task Put_BadTimeToLive_Is400(string query)
    {
        using var answer = await Client.PutAsync("k?" + query);

        await answer.AssertProblemAsync(HttpStatusCode.BadRequest);
        Assert.Null(_host.Store["k"]);
    }
}
