using System.Globalization;
using System.Net;
using System.Text;

namespace KvAspire.Tests.Api;

public sealed class ValueSizeTests
{
    private const int Limit = 1000;

    public static TheoryData<string, int, HttpStatusCode> Sizes
    {
        get
        {
            var data = new TheoryData<string, int, HttpStatusCode>();
            foreach (var call in new[] { "POST /set/k", "PUT /kv/k" })
            {
                data.Add(call, Limit, HttpStatusCode.OK);
                data.Add(call, Limit + 1, HttpStatusCode.RequestEntityTooLarge);
                data.Add(call, 20 * Limit, HttpStatusCode.RequestEntityTooLarge);
                data.Add(call, 2_000_000, HttpStatusCode.RequestEntityTooLarge);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public async Task Store_OverTheLimit_Is413(string call, int size, HttpStatusCode expected)
    {
        await using var host = await ApiHost.StartAsync("--Store:MaxValueBytes", $"{Limit}");
        var text = '"' + new string('x', size - 2) + '"';
        foreach (var chunkSize in new[] { 0, 1, 700, 5_000_000 })
        {
            // In chunks of one byte the framing is five times the body.
            if (chunkSize == 1 && size > 20 * Limit)
            {
                continue;
            }

            var answer = await host.SendTargetAsync(call.Split(' ')[0], call.Split(' ')[1], Frame(text, chunkSize));

            if (expected == HttpStatusCode.OK)
            {
                Assert.InRange(answer.Status, 200, 204);
                Assert.Equal(text, Encoding.UTF8.GetString(host.Store["k"]!.Value.Span));
            }
            else
            {
                Assert.Equal((int)expected, answer.Status);
                Assert.Contains("application/problem+json", answer.Headers, StringComparison.Ordinal);
                Assert.Contains("larger than", answer.Body, StringComparison.Ordinal);
                Assert.Null(host.Store["k"]);
            }
        }
    }

    [Fact]
    public async Task Store_DeclaredTooLarge_Is413BeforeTheBodyIsSent()
    {
        await using var host = await ApiHost.StartAsync("--Store:MaxValueBytes", $"{Limit}");

        var answer = await host.SendTargetAsync("PUT", "/kv/k", "Content-Length: 5000000000\r\nExpect: 100-continue\r\n");

        Assert.Equal(413, answer.Status);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100_000)]
    public async Task Store_DefaultLimit_TakesOneMebibyte(int chunkSize)
    {
        await using var host = await ApiHost.StartAsync();
        var value = new string('v', 1024 * 1024);

        var put = await host.SendTargetAsync("PUT", "/kv/k", Frame(value, chunkSize));
        var tooLarge = await host.SendTargetAsync("PUT", "/kv/k", Frame(value + "v", chunkSize));
        var read = await host.Client.GetStringAsync("/kv/k");

        Assert.Equal(201, put.Status);
        Assert.Equal(413, tooLarge.Status);
        Assert.Equal(value, read);
    }

    // Chunked, or with a Content-Length if the size is 0. The caller ends the request with a line break.
    private static string Frame(string text, int chunkSize)
    {
        if (chunkSize == 0)
        {
            return $"Content-Length: {text.Length}\r\n\r\n{text}";
        }

        var framed = new StringBuilder("Transfer-Encoding: chunked\r\n\r\n");
        foreach (var chunk in text.Chunk(chunkSize))
        {
            framed.Append(CultureInfo.InvariantCulture, $"{chunk.Length:x}\r\n").Append(chunk).Append("\r\n");
        }

        return framed.Append("0\r\n").ToString();
    }
}
