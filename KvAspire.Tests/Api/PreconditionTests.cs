using System.Net;

namespace KvAspire.Tests.Api;

public sealed class PreconditionTests : IAsyncLifetime
{
    private const string Longer = "\"3.7.10\"";

    private ApiHost _host = null!;

    private HttpClient Client => _host.Client;

    /// <summary>A header, and whether it lets pass: a write of the key with version 3.7.1, and of a key without a value.</summary>
    public static TheoryData<string, bool, bool> Conditions => new()
    {
        { "If-Match: *", true, false },
        { "If-Match: \"3.7.1\"", true, false },
        { "If-Match: \"9.9.9\", \"3.7.1\"", true, false },
        { "If-Match: , \"3.7.1\" ,", true, false },
        { "If-Match: \"9.9.9\"", false, false },
        { "If-Match: " + Longer, false, false },
        { "If-Match: \"03.7.1\"", false, false },
        { "If-Match: \"not ours\"", false, false },
        { "If-Match: \"\"", false, false },
        { "If-Match: W/\"3.7.1\"", false, false },
        { "If-Match: W/\"3.7.1\", \"3.7.1\"", true, false },
        { "If-None-Match: *", false, true },
        { "If-None-Match: \"3.7.1\"", false, true },
        { "If-None-Match: W/\"3.7.1\"", false, true },
        { "If-None-Match: \"9.9.9\", \"3.7.1\"", false, true },
        { "If-None-Match: \"9.9.9\"", true, true },
        { "If-None-Match: \"not ours\"", true, true },
    };

    public async Task InitializeAsync()
    {
        _host = await ApiHost.StartAsync();
        using var put = await Client.PutAsync("k");
        Assert.Equal("\"3.7.1\"", put.Header("ETag"));
    }

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Theory]
    [MemberData(nameof(Conditions))]
    public async Task Put_Condition_DecidesForThereAndNotThere(string header, bool ifThere, bool ifNotThere)
    {
        using var there = await Client.PutAsync("k", header);
        using var notThere = await Client.PutAsync("new", header);

        await AssertAsync(there, ifThere ? HttpStatusCode.NoContent : HttpStatusCode.PreconditionFailed);
        await AssertAsync(notThere, ifNotThere ? HttpStatusCode.Created : HttpStatusCode.PreconditionFailed);
        Assert.Equal(ifThere, _host.Store["k"]!.Version != new Balancer.Store.EntryVersion(3UL << 32 | 7, 1));
        Assert.Equal(ifNotThere, _host.Store["new"] is not null);
    }

    [Theory]
    [MemberData(nameof(Conditions))]
    public async Task Delete_Condition_DecidesForThereAndNotThere(string header, bool ifThere, bool ifNotThere)
    {
        using var there = await Client.CallAsync("DELETE", "/kv/k", headers: header);
        using var notThere = await Client.CallAsync("DELETE", "/kv/new", headers: header);

        await AssertAsync(there, ifThere ? HttpStatusCode.NoContent : HttpStatusCode.PreconditionFailed);
        await AssertAsync(notThere, ifNotThere ? HttpStatusCode.NotFound : HttpStatusCode.PreconditionFailed);
        Assert.Equal(ifThere, _host.Store["k"] is null);
    }

    [Theory]
    [InlineData(HttpStatusCode.NotModified, "If-None-Match: \"3.7.1\"")]
    [InlineData(HttpStatusCode.NotModified, "If-None-Match: W/\"3.7.1\"")]
    [InlineData(HttpStatusCode.NotModified, "If-None-Match: \"1.1.1\", \"3.7.1\"")]
    [InlineData(HttpStatusCode.NotModified, "If-None-Match: *")]
    [InlineData(HttpStatusCode.OK, "If-None-Match: \"1.1.1\"")]
    [InlineData(HttpStatusCode.OK, "If-None-Match: \"else\"")]
    [InlineData(HttpStatusCode.OK, "If-Match: *")]
    [InlineData(HttpStatusCode.OK, "If-Match: \"3.7.1\"")]
    [InlineData(HttpStatusCode.PreconditionFailed, "If-Match: W/\"3.7.1\"")]
    [InlineData(HttpStatusCode.PreconditionFailed, "If-Match: \"1.1.1\"")]
    [InlineData(HttpStatusCode.PreconditionFailed, "If-Match: \"1.1.1\"", "If-None-Match: \"3.7.1\"")]
    [InlineData(HttpStatusCode.NotModified, "If-Match: \"3.7.1\"", "If-None-Match: \"3.7.1\"")]
    [InlineData(HttpStatusCode.OK, "If-Match: \"3.7.1\"", "If-None-Match: \"1.1.1\"")]
    public async Task Get_Condition_DecidesTheAnswer(HttpStatusCode expected, params string[] headers)
    {
        foreach (var (method, call) in new[] { ("GET", "/kv/"), ("HEAD", "/kv/"), ("GET", "/get/") })
        {
            using var there = await Client.CallAsync(method, call + "k", headers: headers);
            using var notThere = await Client.CallAsync(method, call + "none", headers: headers);

            Assert.Equal(expected, there.StatusCode);
            Assert.Equal(HttpStatusCode.NotFound, notThere.StatusCode);
            if (expected == HttpStatusCode.NotModified)
            {
                Assert.Equal("\"3.7.1\"", there.Header("ETag"));
                Assert.Equal("2/2", there.Header("Kv-Replicas"));
                Assert.Empty(await there.Content.ReadAsByteArrayAsync());
            }
        }
    }

    [Theory]
    [InlineData("3.7.1")]
    [InlineData("\"3.7.1")]
    [InlineData("")]
    [InlineData(",")]
    [InlineData("*, \"3.7.1\"")]
    [InlineData("\"3.7.1\", *")]
    [InlineData("\"3.7.1\" \"3.7.2\"")]
    [InlineData("\"3.7.1\"; q=1")]
    public async Task AnyCall_MalformedCondition_Is400(string value)
    {
        foreach (var name in new[] { "If-Match", "If-None-Match" })
        {
            foreach (var method in new[] { "GET", "PUT", "DELETE" })
            {
                var answer = await _host.SendTargetAsync(method, "/kv/k", $"{name}: {value}\r\nContent-Length: 1\r\n\r\nv");

                Assert.Equal((method, 400), (method, answer.Status));
                Assert.Contains(name, answer.Body, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public async Task Write_BothHeaders_Is400()
    {
        foreach (var (method, call) in new[] { ("PUT", "/kv/k"), ("DELETE", "/kv/k"), ("POST", "/set/k"), ("DELETE", "/delete/k") })
        {
            using var answer = await Client.CallAsync(method, call, "1"u8.ToArray(), null, "If-Match: *", "If-None-Match: \"1.1.1\"");

            await answer.AssertProblemAsync(HttpStatusCode.BadRequest);
        }
    }

    [Fact]
    public async Task Put_ManyHeaderLines_AreOneList()
    {
        var answer = await _host.SendTargetAsync(
            "PUT", "/kv/k", "If-Match: \"1.1.1\"\r\nIf-Match: \"3.7.1\"\r\nContent-Length: 1\r\n\r\nv");

        Assert.Equal(204, answer.Status);
    }

    [Fact]
    public async Task Put_ETagOfThePrevious_AllowsOneWriterOnly()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Client.PutAsync("k", "If-Match: \"3.7.1\"")));

        Assert.Single(answers, a => a.StatusCode == HttpStatusCode.NoContent);
        Assert.Equal(19, answers.Count(a => a.StatusCode == HttpStatusCode.PreconditionFailed));
        Array.ForEach(answers, a => a.Dispose());
    }

    private static async Task AssertAsync(HttpResponseMessage answer, HttpStatusCode expected)
    {
        Assert.Equal(expected, answer.StatusCode);
        if ((int)expected >= 400)
        {
            await answer.AssertProblemAsync(expected);
        }
    }
}
