using System.Net;
using System.Text;

namespace KvAspire.Tests.Api;

public sealed class KeyApiTests : IAsyncLifetime
{
    private ApiHost _host = null!;

    public async Task InitializeAsync() => _host = await ApiHost.StartAsync();

    public async Task DisposeAsync() => await _host.DisposeAsync();

    public static TheoryData<string, string> Targets => new()
    {
        // As sent, and the key that is meant.
        { "plain", "plain" },
        { "a/b", "a/b" },
        { "a%2Fb", "a/b" },
        { "a%2fb", "a/b" },
        { "a%252Fb", "a%2Fb" },
        { "100%25", "100%" },
        { "%2525", "%25" },
        { "what%3F", "what?" },
        { "a%20b", "a b" },
        { "a+b", "a+b" },
        { "a%2Bb", "a+b" },
        { "%C3%A9t%C3%A9", "été" },
        { "%E6%BC%A2", "漢" },
        { "%F0%9F%98%80", "😀" },
        { ".", "." },
        { "..", ".." },
        { "%2E", "." },
        { "%2e%2E", ".." },
        { "a/../b", "a/../b" },
        { "../../x", "../../x" },
        { "a/./b", "a/./b" },
        { "a//b", "a//b" },
        { "/", "/" },
        { "//", "//" },
        { "a/", "a/" },
        { "%01%0A%0D%7F", "\u0001\n\r\u007F" },
        { "%EF%BB%BFbom", "\uFEFFbom" },
        { "%22%3C%3E%5C%5E%60%7B%7C%7D", "\"<>\\^`{|}" },
        { "a;b=c&d,e:f@g!h$i'(j)*~", "a;b=c&d,e:f@g!h$i'(j)*~" },
        { "k?not=key", "k" },
        { "k?a/b?c", "k" },
        { "k%23", "k#" },
        { "{key}", "{key}" },
    };

    [Theory]
    [MemberData(nameof(Targets))]
    public async Task Target_AsSent_NamesTheKey(string sent, string key)
    {
        foreach (var call in new[] { "/get/", "/kv/", "/cluster/keys/" })
        {
            _host.Store.Put(key, new(new(1, 1), Encoding.UTF8.GetBytes("found " + key), "text/plain", null));

            var answer = await _host.SendTargetAsync("GET", call + sent);

            Assert.Equal(200, answer.Status);
        }

        var value = await _host.SendTargetAsync("GET", "http://test/kv/" + sent);
        Assert.Equal("found " + key, Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(value.Body)));

        var set = await _host.SendTargetAsync("POST", "/set/" + sent, "Content-Length: 4\r\n\r\ntrue");
        Assert.Equal(200, set.Status);
        Assert.Equal("true", Encoding.UTF8.GetString(_host.Store[key]!.Value.Span));

        var deleted = await _host.SendTargetAsync("DELETE", "/delete/" + sent);
        Assert.Equal(204, deleted.Status);
        Assert.Null(_host.Store[key]);
    }

    [Theory]
    [InlineData("/kv/", "missing")]
    [InlineData("/kv", "missing")]
    [InlineData("/kv/?x", "missing")]
    [InlineData("/get/", "missing")]
    [InlineData("/cluster/keys/", "missing")]
    [InlineData("/kv/%", "%25")]
    [InlineData("/kv/a%2", "%25")]
    [InlineData("/kv/%zz", "%25")]
    [InlineData("/kv/%u0041", "%25")]
    [InlineData("/kv/%%%%", "%25")]
    [InlineData("/kv/%+1", "%25")]
    [InlineData("/kv/%FF", "UTF-8")]
    [InlineData("/kv/%C3", "UTF-8")]
    [InlineData("/kv/%C0%AF", "UTF-8")]
    [InlineData("/kv/%ED%A0%80", "UTF-8")]
    [InlineData("/kv/%F4%90%80%80", "UTF-8")]
    [InlineData("/x/../kv/a", "missing")]
    [InlineData("/%6Bv/a", "missing")]
    public async Task Target_WithoutProperKey_Is400WithHint(string target, string hint)
    {
        var answer = await _host.SendTargetAsync("GET", target);

        Assert.Equal(400, answer.Status);
        Assert.Contains("application/problem+json", answer.Headers, StringComparison.Ordinal);
        Assert.Contains(hint, answer.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/kv/%00")]
    [InlineData("/kv/\u00C3\u00A9")]
    public async Task Target_ThatTheServerRefuses_Is400(string target)
    {
        var answer = await _host.SendTargetAsync("GET", target);

        Assert.Equal(400, answer.Status);
    }

    [Theory]
    [InlineData(1, 1024, HttpStatusCode.NotFound)]
    [InlineData(1, 1025, HttpStatusCode.BadRequest)]
    [InlineData(2, 512, HttpStatusCode.NotFound)]
    [InlineData(2, 513, HttpStatusCode.BadRequest)]
    public async Task Key_AtItsLimit_IsCountedInBytes(int bytesEach, int count, HttpStatusCode expected)
    {
        var key = new string(bytesEach == 1 ? 'k' : 'é', count);

        using var answer = await _host.Client.GetAsync("/kv/" + Uri.EscapeDataString(key));

        Assert.Equal(expected, answer.StatusCode);
    }
}
