using KvAspire.Load;
using KvAspire.Tests.Storage;

namespace KvAspire.Tests.Load;

/// <summary>Whole runs of the driver with <c>--check</c>.</summary>
public sealed class RecordedRunTests
{
    [Fact]
    public async Task RunAsync_StoreIsRight_FindsNothingAndWritesAHistoryThatChecksAgain()
    {
        await using var store = await FakeResource.StartAsync();
        using var directory = new TemporaryDirectory();
        var file = directory["history.jsonl"];

        var (exitCode, output) = await RunAsync("--url", store.Address.ToString(), "--check", "--requests", "3000", "--keys", "4", "--history", file);
        var (again, verdict) = await RunAsync("--check-file", file);

        Assert.True(exitCode == ExitCode.AllWell, output);
        Assert.Contains("0 failed, 0 keys not read", output, StringComparison.Ordinal);
        Assert.True(again == ExitCode.AllWell, verdict);
        Assert.Contains("0 keys not linearizable", verdict, StringComparison.Ordinal);
        Assert.True(File.ReadLines(file).Count() >= 3000, "The history is not whole.");
        Assert.Contains(File.ReadLines(file), l => l.Contains("WriteIfMatch", StringComparison.Ordinal) && l.Contains("NotPassed", StringComparison.Ordinal));
        Assert.Contains(File.ReadLines(file), l => l.Contains("\"ttl\":", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("stale")]
    [InlineData("condition")]
    [InlineData("lost")]
    public async Task RunAsync_StoreIsWrong_ShowsTheFewOperationsThatContradictEachOther(string wrong)
    {
        await using var store = await FakeResource.StartAsync(wrong);
        using var directory = new TemporaryDirectory();
        var file = directory["history.jsonl"];

        var (exitCode, output) = await RunAsync(
            "--url", store.Address.ToString(), "--check", "--requests", "1200", "--keys", "2", "--concurrency", "2", "--seed", "5", "--history", file);
        var (again, verdict) = await RunAsync("--check-file", file);

        Assert.Equal(ExitCode.WrongAnswer, exitCode);
        Assert.Equal(ExitCode.WrongAnswer, again);
        var first = verdict.Split('\n').TakeWhile((line, i) => i == 0 || line.StartsWith("  client", StringComparison.Ordinal)).ToList();
        // Of 1,200; how few depends on what ran at the same time. One alone contradicts itself if it asks for what was never there.
        Assert.InRange(first.Count, 2, 20);
        Assert.Contains(first[0].Split(':')[0], output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--check", "--mode", "set")]
    [InlineData("--history", "file")]
    [InlineData("--check-file", "file", "--nodes", "2")]
    [InlineData("--check-file", "/nowhere/history.jsonl")]
    public async Task RunAsync_OptionsThatDoNotGoTogether_SaysSo(params string[] arguments)
    {
        var (exitCode, output) = await RunAsync(arguments);

        Assert.Equal(ExitCode.NotStarted, exitCode);
        Assert.Contains("--", output, StringComparison.Ordinal);
    }

    private static async Task<(int ExitCode, string Output)> RunAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        var exitCode = await LoadDriver.RunAsync(arguments, output, output, CancellationToken.None);
        return (exitCode, output.ToString());
    }
}
