using System.Net;
using System.Net.Sockets;
using System.Text;
using KvAspire.Balancer.Store;

namespace KvAspire.Tests.Api;

public sealed class ErrorApiTests : IAsyncLifetime
{
    private ApiHost _host = null!;

    private HttpClient Client => _host.Client;

    public static TheoryData<string, string> Calls => new()
    {
        { "GET", "/get/k" },
        { "GET", "/kv/k" },
        { "POST", "/set/k" },
        { "PUT", "/kv/k" },
        { "DELETE", "/kv/k" },
        { "DELETE", "/delete/k" },
        { "GET", "/cluster/keys/k" },
    };

    public async Task InitializeAsync() => _host = await ApiHost.StartAsync();

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task Call_StoreUnavailable_Is503WithWhatIsMissing(string method, string path)
    {
        _host.Store.Failure = new StoreUnavailableException("Both copies are away. Start node1.", TimeSpan.FromMilliseconds(2100))
        {
            WaitingFor = ["node1", "node2"],
            OutcomeUnknown = true,
        };

        using var answer = await Client.CallAsync(method, path, method == "GET" ? null : "1"u8.ToArray());

        var problem = await answer.AssertProblemAsync(HttpStatusCode.ServiceUnavailable);
        Assert.Equal("3", answer.Header("Retry-After"));
        Assert.Equal("Both copies are away. Start node1.", problem.GetProperty("detail").GetString());
        Assert.Equal(["node1", "node2"], problem.GetProperty("waitingFor").EnumerateArray().Select(n => n.GetString()));
        Assert.Equal(method != "GET", problem.TryGetProperty("outcomeUnknown", out var unknown) && unknown.GetBoolean());
        Assert.Empty(_host.Logs.Messages);
    }

    [Theory]
    [InlineData(0, "1")]
    [InlineData(1, "1")]
    [InlineData(1000, "1")]
    [InlineData(1001, "2")]
    [InlineData(60_000, "60")]
    public async Task Call_Overloaded_Is429WithWholeSeconds(int milliseconds, string expected)
    {
        _host.Store.Failure = new StoreUnavailableException("Too much at once.", TimeSpan.FromMilliseconds(milliseconds)) { Overloaded = true };

        using var answer = await Client.SetAsync("k", "1");

        var problem = await answer.AssertProblemAsync(HttpStatusCode.TooManyRequests);
        Assert.Equal(expected, answer.Header("Retry-After"));
        Assert.False(problem.GetProperty("outcomeUnknown").GetBoolean());
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task Call_Unforeseen_Is500WithoutInsidesAndLogged(string method, string path)
    {
        _host.Store.Failure = new InvalidOperationException("secret insides");

        using var answer = await Client.CallAsync(method, path, method == "GET" ? null : "1"u8.ToArray());

        var problem = await answer.AssertProblemAsync(HttpStatusCode.InternalServerError);
        Assert.DoesNotContain("secret", problem.GetRawText(), StringComparison.Ordinal);
        Assert.Contains(_host.Logs.Messages, m => m.Contains("secret insides", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Call_StoppedByTheBalancer_Is503()
    {
        _host.Store.Failure = new OperationCanceledException();

        using var read = await Client.GetAsync("/kv/k");
        using var write = await Client.PutAsync("k");

        await read.AssertProblemAsync(HttpStatusCode.ServiceUnavailable);
        var problem = await write.AssertProblemAsync(HttpStatusCode.ServiceUnavailable);
        Assert.True(problem.GetProperty("outcomeUnknown").GetBoolean());
        Assert.Equal("1", write.Header("Retry-After"));
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task Call_ClientGoesAway_StopsWaitingWithoutNoise(string method, string path)
    {
        _host.Store.Gate = new TaskCompletionSource();
        _host.Store.Failure = new InvalidOperationException("Whatever comes of it, nobody waits for it.");
        using (var socket = new TcpClient())
        {
            await socket.ConnectAsync(Client.BaseAddress!.Host, Client.BaseAddress.Port);
            await socket.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"{method} {path} HTTP/1.1\r\nHost: test\r\nContent-Length: 1\r\n\r\n1"));
            await _host.Store.Arrived.Task.WaitAsync(TimeSpan.FromSeconds(60));
        }

        await _host.Store.GaveUp.Task.WaitAsync(TimeSpan.FromSeconds(60));
        using var next = await Client.GetAsync("/cluster");
        await _host.StopAsync();

        Assert.Equal(HttpStatusCode.OK, next.StatusCode);
        Assert.Empty(_host.Logs.Messages);
    }

    [Theory]
    [InlineData("GET", "/nothing")]
    [InlineData("GET", "/kvx/k")]
    [InlineData("GET", "//kv/k")]
    [InlineData("POST", "/cluster/nothing")]
    [InlineData("GET", "/%")]
    public async Task UnknownPath_AnyMethod_Is404(string method, string target)
    {
        var answer = await _host.SendTargetAsync(method, target);

        Assert.Equal(404, answer.Status);
        Assert.Contains("application/problem+json", answer.Headers, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("POST", "/get/k", "GET, HEAD")]
    [InlineData("GET", "/set/k", "POST")]
    [InlineData("PUT", "/set/k", "POST")]
    [InlineData("GET", "/delete/k", "DELETE")]
    [InlineData("POST", "/kv/k", "DELETE, GET, HEAD, PUT")]
    [InlineData("PATCH", "/kv/k", "DELETE, GET, HEAD, PUT")]
    [InlineData("NONSENSE", "/kv/k", "DELETE, GET, HEAD, PUT")]
    [InlineData("OPTIONS", "/kv/..", "DELETE, GET, HEAD, PUT")]
    [InlineData("POST", "/cluster", "GET, HEAD")]
    [InlineData("DELETE", "/cluster/keys/k", "GET, HEAD")]
    public async Task KnownPath_WrongMethod_Is405WithAllow(string method, string path, string allowed)
    {
        var answer = await _host.SendTargetAsync(method, path, "Content-Length: 0\r\n");

        Assert.Equal(405, answer.Status);
        var allow = answer.Headers.Split("\r\n").Single(h => h.StartsWith("Allow: ", StringComparison.Ordinal))["Allow: ".Length..];
        Assert.Equal(allowed, string.Join(", ", allow.Split(", ").Order(StringComparer.Ordinal)));
        Assert.Contains("application/problem+json", answer.Headers, StringComparison.Ordinal);
        Assert.Contains("does not take this method", answer.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400)]
    [InlineData("Transfer-Encoding: gzip\r\n", 400)]
    [InlineData("Content-Length: x\r\n", 400)]
    public async Task Body_NotProperHttp_IsTheClientsFault(string rest, int expected)
    {
        var answer = await _host.SendTargetAsync("PUT", "/kv/k", rest);

        Assert.Equal(expected, answer.Status);
        Assert.Null(_host.Store["k"]);
    }

    [Fact]
    public async Task Answer_Always_HidesTheServersName()
    {
        using var good = await Client.GetAsync("/cluster");
        using var bad = await Client.GetAsync("/nothing");

        Assert.Null(good.Header("Server"));
        Assert.Null(bad.Header("Server"));
    }
}
