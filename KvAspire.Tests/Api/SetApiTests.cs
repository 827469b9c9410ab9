using System.Net;
using System.Text;
using System.Text.Json;

namespace KvAspire.Tests.Api;

/// <summary>The calls of the original system: <c>/set</c>, <c>/get</c>, <c>/delete</c>.</summary>
public sealed class SetApiTests : IAsyncLifetime
{
    private ApiHost _host = null!;

    private HttpClient Client => _host.Client;

    public async Task InitializeAsync() => _host = await ApiHost.StartAsync("--Store:MaxValueBytes", "1000");

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Theory]
    [InlineData("null")]
    [InlineData("true")]
    [InlineData("false")]
    [InlineData("0")]
    [InlineData("-1.50e+10")]
    [InlineData("123456789012345678901234567890.000")]
    [InlineData("\"\"")]
    [InlineData("\"text\"")]
    [InlineData("\"été 漢 😀 \\u00e9 \\ud800\"")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("  { \"b\" : 1,\r\n\t\"a\" : [ null, {} ] , \"a\": 2 }\n")]
    public async Task Set_AnyJson_IsReturnedByteForByte(string json)
    {
        using var set = await Client.SetAsync("k", json);
        using var get = await Client.GetAsync("/get/k");

        Assert.Equal(HttpStatusCode.OK, set.StatusCode);
        Assert.Equal(HttpStatusCode.OK, get.StatusCode);
        Assert.Equal(Encoding.UTF8.GetBytes(json), await get.Content.ReadAsByteArrayAsync());
        Assert.Equal("application/json", get.Header("Content-Type"));
    }

    [Fact]
    public async Task Set_Passed_AnswersWithReceipt()
    {
        using var set = await Client.SetAsync("%C3%A9/1", "1");

        using var receipt = JsonDocument.Parse(await set.Content.ReadAsStringAsync());
        var names = receipt.RootElement.EnumerateObject().Select(p => p.Name);
        Assert.Equal(["key", "version", "replicas"], names);
        Assert.Equal("é/1", receipt.RootElement.GetProperty("key").GetString());
        Assert.Equal("3.7.1", receipt.RootElement.GetProperty("version").GetString());
        Assert.Equal(2, receipt.RootElement.GetProperty("replicas").GetInt32());
        Assert.Equal("\"3.7.1\"", set.Header("ETag"));
        Assert.Equal("2/2", set.Header("Kv-Replicas"));
    }

    [Fact]
    public async Task Set_FewerCopies_SaysSo()
    {
        _host.Store.Replicas = 1;

        using var set = await Client.SetAsync("k", "1");
        using var get = await Client.GetAsync("/get/k");

        Assert.Equal("1/2", set.Header("Kv-Replicas"));
        Assert.Equal("1/2", get.Header("Kv-Replicas"));
    }

    [Theory]
    [InlineData("{\"a\":1,}", 1, 8)]
    [InlineData("{\n \"a\": nul\n}", 2, 10)]
    [InlineData("text", 1, 2)]
    [InlineData("1 2", 1, 3)]
    [InlineData("// no\n1", 1, 1)]
    [InlineData("'single'", 1, 1)]
    [InlineData("[1", 1, 3)]
    [InlineData("01", 1, 2)]
    [InlineData("NaN", 1, 1)]
    [InlineData("\"a\nb\"", 1, 3)]
    [InlineData("   ", 1, 4)]
    public async Task Set_NotJson_Is400WithPosition(string body, int line, int column)
    {
        using var answer = await Client.SetAsync("k", body);

        var problem = await answer.AssertProblemAsync(HttpStatusCode.BadRequest);
        Assert.Equal((line, column), (problem.GetProperty("line").GetInt32(), problem.GetProperty("column").GetInt32()));
        Assert.Null(_host.Store["k"]);
    }

    [Theory]
    [InlineData(new byte[] { (byte)'"', 0xFF, (byte)'"' }, "UTF-8")]
    [InlineData(new byte[] { (byte)'"', 0xC3, (byte)'"' }, "UTF-8")]
    [InlineData(new byte[] { 0xEF, 0xBB, 0xBF, (byte)'1' }, "byte order mark")]
    [InlineData(new byte[] { 0xFF, 0xFE, (byte)'1', 0 }, "UTF-8")]
    public async Task Set_NotUtf8_Is400(byte[] body, string hint)
    {
        using var answer = await Client.CallAsync("POST", "/set/k", body, "application/json");

        var problem = await answer.AssertProblemAsync(HttpStatusCode.BadRequest);
        Assert.Contains(hint, problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(64, HttpStatusCode.OK)]
    [InlineData(65, HttpStatusCode.BadRequest)]
    [InlineData(500, HttpStatusCode.BadRequest)]
    public async Task Set_Nested_HasALimit(int depth, HttpStatusCode expected)
    {
        using var answer = await Client.SetAsync("k", new string('[', depth) + new string(']', depth));

        Assert.Equal(expected, answer.StatusCode);
        var body = await answer.Content.ReadAsStringAsync();
        Assert.Equal(expected != HttpStatusCode.OK, body.Contains("nested deeper than 64", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("application/json")]
    [InlineData("Application/JSON")]
    [InlineData("application/json; charset=utf-8")]
    [InlineData("application/json;charset=\"UTF-8\"")]
    [InlineData("text/json")]
    [InlineData("application/ld+json")]
    public async Task Set_JsonType_IsTaken(string? contentType)
    {
        using var set = await Client.SetAsync("k", "1", contentType);
        using var get = await Client.GetAsync("/get/k");

        Assert.Equal(HttpStatusCode.OK, set.StatusCode);
        Assert.Equal("application/json", get.Header("Content-Type"));
    }

    [Theory]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("text/plain")]
    [InlineData("application/json; charset=utf-16")]
    [InlineData("application/jsonx")]
    [InlineData("json")]
    [InlineData("application/json, text/plain")]
    [InlineData(";;;")]
    public async Task Set_OtherType_Is415WithHint(string contentType)
    {
        using var answer = await Client.SetAsync("k", "1", contentType);

        var problem = await answer.AssertProblemAsync(HttpStatusCode.UnsupportedMediaType);
        Assert.Contains("Content-Type: application/json", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Null(_host.Store["k"]);
    }

    [Fact]
    public async Task Set_Empty_Is422()
    {
        using var empty = await Client.SetAsync("k", "");
        using var none = await Client.CallAsync("POST", "/set/k");
        var chunked = await _host.SendTargetAsync("POST", "/set/k", "Transfer-Encoding: chunked\r\n\r\n0\r\n");

        await empty.AssertProblemAsync(HttpStatusCode.UnprocessableEntity);
        await none.AssertProblemAsync(HttpStatusCode.UnprocessableEntity);
        Assert.Equal(422, chunked.Status);
    }

    [Fact]
    public async Task Set_TimeToLiveAndCondition_AreHonoured()
    {
        using var first = await Client.CallAsync("POST", "/set/k?ttl=60", "1"u8.ToArray(), null, "If-None-Match: *");
        using var second = await Client.CallAsync("POST", "/set/k?ttl=60", "2"u8.ToArray(), null, "If-None-Match: *");

        Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        Assert.NotNull(_host.Store["k"]!.ExpiresAt);
        await second.AssertProblemAsync(HttpStatusCode.PreconditionFailed);
        Assert.Equal("1", Encoding.UTF8.GetString(_host.Store["k"]!.Value.Span));
    }

    [Fact]
    public async Task Delete_ThereOrNot_Is204Or404()
    {
        using var set = await Client.SetAsync("k", "1");

        using var first = await Client.DeleteAsync("/delete/k");
        using var second = await Client.DeleteAsync("/delete/k");
        using var get = await Client.GetAsync("/get/k");

        Assert.Equal(HttpStatusCode.NoContent, first.StatusCode);
        Assert.Equal("2/2", first.Header("Kv-Replicas"));
        await second.AssertProblemAsync(HttpStatusCode.NotFound);
        await get.AssertProblemAsync(HttpStatusCode.NotFound);
    }
}
