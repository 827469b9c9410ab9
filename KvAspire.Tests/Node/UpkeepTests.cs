extern alias node;

using KvAspire.Node.Hosting;
using KvAspire.Node.Storage;
using KvAspire.Tests.Api;
using KvAspire.Tests.Storage;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using node::KvAspire.Protocol;
using static KvAspire.Tests.Node.Replica;

namespace KvAspire.Tests.Node;

/// <summary>A medium that fails is logged, whoever meets it.</summary>
public sealed class UpkeepTests
{
    private const int Slot = 7;
    private static readonly ulong Now = Epoch(1, 1);
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(1);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Run_MediumFails_LogsItOnceAndEnds(bool inAnOperation)
    {
        using var engine = new FailingEngine(new MemoryStorageEngine());
        var node = new Replica(engine);
        node.Install(node.View(Now, Slot, "n1"));
        using var logs = new LogCollector();
        using var factory = LoggerFactory.Create(logging => logging.AddProvider(logs));
        using var telemetry = new NodeTelemetry(node.Core);
        var time = new FakeTimeProvider();
        using var upkeep = new Upkeep(node.Core, Options.Create(new StorageOptions()), telemetry, time, factory.CreateLogger<Upkeep>());
        engine.FailNow();
        if (inAnOperation)
        {
            node.Write(Now, Slot, Entry("a", Now, 1));
        }

        await upkeep.StartAsync(default);
        using var limit = new CancellationTokenSource(s_limit);
        while (!upkeep.ExecuteTask!.IsCompleted)
        {
            limit.Token.ThrowIfCancellationRequested();
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        await upkeep.ExecuteTask;
        var line = Assert.Single(logs.Messages);
        Assert.StartsWith("Critical: Storage failed", line, StringComparison.Ordinal);
        Assert.Contains("The medium failed", line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Run_SyncHangs_StopsTheNodeIfAnythingWaitsForIt(bool isWritten)
    {
        using var engine = new HookedEngine();
        using var hang = new ManualResetEventSlim();
        var node = new Replica(engine);
        node.Install(node.View(Now, Slot, "n1"));
        node.Core.Sync();
        if (isWritten)
        {
            node.Write(Now, Slot, Entry("a", Now, 1));
        }

        engine.Syncing = hang.Wait;
        using var logs = new LogCollector();
        using var factory = LoggerFactory.Create(logging => logging.AddProvider(logs));
        using var telemetry = new NodeTelemetry(node.Core);
        var time = new FakeTimeProvider();
        using var upkeep = new Upkeep(node.Core, Options.Create(new StorageOptions()), telemetry, time, factory.CreateLogger<Upkeep>());
        await upkeep.StartAsync(default);
        using var limit = new CancellationTokenSource(s_limit);
        var seconds = 0;
        while (isWritten ? logs.Messages.IsEmpty : seconds < 100)
        {
            limit.Token.ThrowIfCancellationRequested();
            time.Advance(TimeSpan.FromSeconds(1));
            seconds++;
            await Task.Yield();
        }

        Assert.True(seconds >= 10, "The disk was given no time.");
        Assert.Equal(isWritten, node.Core.Fault.StartsWith("The disk has not answered", StringComparison.Ordinal));
        Assert.Equal(isWritten ? ResultStatus.Fault : ResultStatus.NotFound, node.Read(Now, Slot, "b").Status);
        hang.Set();
        await upkeep.StopAsync(limit.Token);
        Assert.Equal(isWritten ? 1 : 0, logs.Messages.Count);
    }
}
