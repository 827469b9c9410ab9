extern alias node;

using Grpc.Core;
using KvAspire.Node.Hosting;
using KvAspire.Tests.Simulation;
using Microsoft.Extensions.Time.Testing;
using node::KvAspire.Protocol;
using static KvAspire.Tests.Node.Replica;

namespace KvAspire.Tests.Node;

/// <summary>What a node does beyond its decisions when it is called.</summary>
public sealed class ReplicaServiceTests
{
    private const int Slot = 7;
    private static readonly ulong Now = Epoch(1, 2);

    [Fact]
    public async Task ReadSlots_ClientsAreServed_RestsBetweenChunks()
    {
        var source = new Replica();
        source.Install(source.View(Now, (Slot, "n1", "n2", Now)));
        for (var i = 0; i < 8; i++)
        {
            source.Write(Now, Slot, Entry($"large{i}", Now, (ulong)(10 + i), new string('x', 25_000)));
        }

        using var telemetry = new NodeTelemetry(source.Core);
        var time = new WorkingTime();
        var chunks = new Chunks(() => telemetry.CountOperations([new Operation()]));
        var reading = new ReplicaService(source.Core, null!, telemetry, time).ReadSlots(
            new ReadSlotsRequest { Epoch = Now, Slots = { new SlotRead { Slot = Slot } } }, chunks, new SimulatedServerCall("ReadSlots", CancellationToken.None));

        Assert.Single(chunks.Sent);
        time.Advance(TimeSpan.FromMilliseconds(50));
        Assert.Equal(2, chunks.Sent.Count);
        time.Advance(TimeSpan.FromSeconds(1));
        time.Advance(TimeSpan.FromSeconds(1));
        await reading;
        Assert.True(chunks.Sent[^1].Last);
    }

    /// <summary>Whatever is timed takes some milliseconds.</summary>
    private sealed class WorkingTime : FakeTimeProvider
    {
        private long _worked;

        public override long GetTimestamp() => base.GetTimestamp() + (_worked += TimeSpan.TicksPerMillisecond * 4);
    }

    private sealed class Chunks(Action written) : IServerStreamWriter<SlotChunk>
    {
        public List<SlotChunk> Sent { get; } = [];

        public WriteOptions? WriteOptions { get; set; }

        public Task WriteAsync(SlotChunk message)
        {
            Sent.Add(message);
            written();
            return Task.CompletedTask;
        }
    }
}
