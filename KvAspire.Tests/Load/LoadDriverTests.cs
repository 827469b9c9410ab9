using System.Globalization;
using System.Text.Json;
using KvAspire.Load;

namespace KvAspire.Tests.Load;

/// <summary>Whole runs of the driver against a store that is right, or wrong in a known way.</summary>
public sealed class LoadDriverTests
{
    [Theory]
    [InlineData("random", "mixed")]
    [InlineData("serial", "mixed")]
    [InlineData("random", "set")]
    [InlineData("random", "get")]
    public async Task RunAsync_StoreIsRight_CountsAndExitsWithZero(string choice, string mode)
    {
        await using var store = await FakeStore.StartAsync();

        var (exitCode, output, summary) = await RunAsync(store, "--requests", "600", "--keys", "50", "--choice", choice, "--mode", mode);

        Assert.Equal(ExitCode.AllWell, exitCode);
        Assert.EndsWith("0 failed, 0 wrong", output.TrimEnd(), StringComparison.Ordinal);
        Assert.Equal(600, summary.GetProperty("requests").GetInt64());
        var preload = mode == "get" ? 50 : 0;
        Assert.Equal(600 + 50 + preload, store.CountOf("GET") + store.CountOf("POST") + store.CountOf("DELETE"));
        Assert.Equal(mode == "mixed", store.CountOf("DELETE") > 0);
    }

    [Fact]
    public async Task RunAsync_SerialWithDefaultKeys_SetsEachKeyThenGetsEachKey()
    {
        await using var store = await FakeStore.StartAsync();

        var (exitCode, _, summary) = await RunAsync(store, "--requests", "100", "--choice", "serial");

        Assert.Equal(ExitCode.AllWell, exitCode);
        Assert.Equal(50, store.CountOf("POST"));
        Assert.Equal(50 + 50, store.CountOf("GET"));
        Assert.All(
            summary.GetProperty("operations").EnumerateArray().Where(operation => operation.GetProperty("kind").GetString() == "get"),
            operation => Assert.Equal(50, operation.GetProperty("answers").GetProperty("200").GetInt64()));
    }

    [Theory]
    [InlineData(nameof(Behaviour.ReturnOlder), "GET", "stale")]
    [InlineData(nameof(Behaviour.ReturnNothing), "GET", "lost")]
    [InlineData(nameof(Behaviour.ReturnCorrupt), "GET", "corrupt")]
    [InlineData(nameof(Behaviour.AcknowledgeOnly), "POST", "stale")]
    [InlineData(nameof(Behaviour.AcknowledgeOnly), "DELETE", "stale")]
    public async Task RunAsync_StoreAnswersWrongly_ReportsItAndExitsWithOne(string behaviour, string method, string kind)
    {
        var wrong = Enum.Parse<Behaviour>(behaviour);
        await using var store = await FakeStore.StartAsync((on, number) => on == method && number % 20 == 0 ? wrong : Behaviour.Right);

        var (exitCode, output, summary) = await RunAsync(store, "--requests", "2000", "--keys", "40", "--seed", "7");

        Assert.Equal(ExitCode.WrongAnswer, exitCode);
        Assert.True(summary.GetProperty("wrongByKind").GetProperty(kind).GetInt64() > 0);
        Assert.Contains(kind + ": key load-", output, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(0, summary.GetProperty("failed").GetInt64());
    }

    [Fact]
    public async Task RunAsync_WriteTookEffectThoughRefused_ReportsCorrupt()
    {
        await using var store = await FakeStore.StartAsync((on, number) => on == "POST" && number == 30 ? Behaviour.ApplyThenRefuse : Behaviour.Right);

        var (exitCode, output, _) = await RunAsync(store, "--requests", "60", "--choice", "serial", "--keys", "30");

        Assert.Equal(ExitCode.WrongAnswer, exitCode);
        Assert.Contains("which the store had refused", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(nameof(Behaviour.ApplyThenUnknown), "POST", "503 unknown")]
    [InlineData(nameof(Behaviour.DropThenUnknown), "POST", "503 unknown")]
    [InlineData(nameof(Behaviour.DropThenUnknown), "DELETE", "503 unknown")]
    [InlineData(nameof(Behaviour.ApplyThenUnknown), "DELETE", "503 unknown")]
    [InlineData(nameof(Behaviour.Refuse), "POST", "503")]
    [InlineData(nameof(Behaviour.Unavailable), "GET", "503")]
    [InlineData(nameof(Behaviour.ApplyThenBreak), "POST", "broken")]
    [InlineData(nameof(Behaviour.ApplyThenBreak), "DELETE", "broken")]
    [InlineData(nameof(Behaviour.ApplyThenBreak), "GET", "broken")]
    public async Task RunAsync_SomeRequestsFail_CountsThemAndNothingWrong(string behaviour, string method, string answer)
    {
        var failure = Enum.Parse<Behaviour>(behaviour);
        var injected = 0;
        await using var store = await FakeStore.StartAsync((on, number) =>
        {
            var fails = on == method && number % 10 == 0;
            Interlocked.Add(ref injected, fails ? 1 : 0);
            return fails ? failure : Behaviour.Right;
        });

        var (exitCode, output, summary) = await RunAsync(store, "--requests", "600", "--keys", "20", "--seed", "3");

        Assert.Equal(ExitCode.Failed, exitCode);
        Assert.EndsWith(string.Create(CultureInfo.InvariantCulture, $"{injected} failed, 0 wrong"), output.TrimEnd(), StringComparison.Ordinal);
        Assert.Equal(injected, CountAnswers(summary, answer));
    }

    [Fact]
    public async Task RunAsync_SameSeed_SendsTheSameOperations()
    {
        var first = await SequenceAsync("11");
        var second = await SequenceAsync("11");
        var third = await SequenceAsync("12");

        Assert.Equal(first, second);
        Assert.NotEqual(first, third);

        static async Task<string> SequenceAsync(string seed)
        {
            var sequence = new System.Collections.Concurrent.ConcurrentQueue<string>();
            await using var store = await FakeStore.StartAsync((method, _) =>
            {
                sequence.Enqueue(method);
                return Behaviour.Right;
            });
            await RunAsync(store, "--requests", "200", "--concurrency", "1", "--seed", seed);
            return string.Join(' ', sequence);
        }
    }

    [Fact]
    public async Task RunAsync_Cancelled_ReportsAndExitsAsInterrupted()
    {
        using var cancel = new CancellationTokenSource();
        await using var store = await FakeStore.StartAsync((_, _) =>
        {
            cancel.Cancel();
            return Behaviour.Right;
        });
        using var output = new StringWriter();

        var exitCode = await LoadDriver.RunAsync(
            ["--url", store.Address.ToString(), "--duration", "600", "--baseline", "0"], output, TextWriter.Null, cancel.Token);

        Assert.Equal(ExitCode.Interrupted, exitCode);
        Assert.Contains("Interrupted", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task RunAsync_NothingListens_SaysSoAndExitsWithTwo()
    {
        Uri gone;
        await using (var store = await FakeStore.StartAsync())
        {
            gone = store.Address;
        }

        using var error = new StringWriter();

        var exitCode = await LoadDriver.RunAsync(["--url", gone.ToString()], TextWriter.Null, error, CancellationToken.None);

        Assert.Equal(ExitCode.NotStarted, exitCode);
        Assert.Contains("refused", error.ToString(), StringComparison.Ordinal);
    }

    private static async Task<(int ExitCode, string Output, JsonElement Summary)> RunAsync(FakeStore store, params string[] arguments)
    {
        var json = Path.GetTempFileName();
        try
        {
            using var output = new StringWriter();
            var exitCode = await LoadDriver.RunAsync(
                ["--url", store.Address.ToString(), "--baseline", "0.1", "--json", json, .. arguments], output, output, CancellationToken.None);
            using var summary = JsonDocument.Parse(await File.ReadAllTextAsync(json));
            return (exitCode, output.ToString(), summary.RootElement.Clone());
        }
        finally
        {
            File.Delete(json);
        }
    }

    private static long CountAnswers(JsonElement summary, string answer) => summary.GetProperty("operations").EnumerateArray()
        .Sum(operation => operation.GetProperty("answers").TryGetProperty(answer, out var count) ? count.GetInt64() : 0);
}
