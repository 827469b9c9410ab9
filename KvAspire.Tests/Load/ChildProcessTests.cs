using KvAspire.Load;
using KvAspire.Load.Processes;

namespace KvAspire.Tests.Load;

/// <summary>The driver itself serves as the process: it prints, it ends, and it can run for long.</summary>
public sealed class ChildProcessTests : IDisposable
{
    private static readonly string Assembly = typeof(LoadDriver).Assembly.Location;

    private readonly string _log = Path.GetTempFileName();

    public void Dispose() => File.Delete(_log);

    [Fact]
    public async Task Start_ProcessEndsByItself_TellsItsExitCodeAndKeepsItsOutput()
    {
        await using var process = new ChildProcess("driver", Assembly, ["--nodes", "none"], _log);

        process.Start();

        await WaitUntilAsync(() => process.EndedByItselfWith is not null && process.LogTail(1).Length > 0);
        Assert.Equal(ExitCode.NotStarted, process.EndedByItselfWith);
        Assert.Contains("not 'none'", process.LogTail(1), StringComparison.Ordinal);
    }

    [Fact]
    public async Task KillAsync_ProcessRuns_EndsItAndItCanBeStartedAgain()
    {
        await using var store = await FakeStore.StartAsync();
        await using var process = new ChildProcess("driver", Assembly, ["--url", store.Address.ToString(), "--duration", "600", "--baseline", "0", "--concurrency", "1"], _log);

        process.Start();
        await WaitUntilAsync(() => store.CountOf("GET") > 0);
        await process.KillAsync();
        Assert.Null(process.EndedByItselfWith);
        var made = store.CountOf("GET");

        process.Start();
        await WaitUntilAsync(() => store.CountOf("GET") > made + 100);
        Assert.Null(process.EndedByItselfWith);
    }

    private static async Task WaitUntilAsync(Func<bool> holds)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!holds())
        {
            await Task.Delay(20, limit.Token);
        }
    }
}
