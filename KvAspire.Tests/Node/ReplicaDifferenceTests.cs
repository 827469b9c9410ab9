extern alias node;

using Google.Protobuf;
using KvAspire.Node.Replication;
using KvAspire.Node.Storage;
using Microsoft.Extensions.Time.Testing;
using node::KvAspire.Protocol;
using Xunit.Abstractions;

namespace KvAspire.Tests.Node;

/// <summary>A node that was away takes what changed, not the whole store.</summary>
public sealed class ReplicaDifferenceTests(ITestOutputHelper output)
{
    private const int Keys = 200_000;
    private const int Changed = 2_000;
    private const ulong First = (1ul << 32) | 1;
    private const ulong Away = (1ul << 32) | 2;
    private const ulong Back = (1ul << 32) | 3;

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Copy_NodeWasAwayForAWhile_StreamsOnlyWhatChangedMeanwhile()
    {
        var source = Node("n1");
        var returning = Node("n2");
        foreach (var node in new[] { source, returning })
        {
            Install(node, View(First, "n1 n2", filling: false));
            Write(node, First, Enumerable.Range(0, Keys), firstCounter: 1);
            Heartbeat(node, First, sync: Keys + 1);
        }

        // Sent to the far end just before it went away, and never acknowledged.
        Write(returning, First, [7], firstCounter: Keys + 1);
        Install(source, View(Away, "n1", filling: false));
        Write(source, Away, Enumerable.Range(1000, Changed), firstCounter: Keys + 2);
        foreach (var node in new[] { source, returning })
        {
            Install(node, View(Back, "n1", filling: true));
            Heartbeat(node, Back, sync: Keys + 2 + Changed);
        }

        var (streamed, truncated) = Copy(source, returning);

        output.WriteLine($"{Keys} keys, {Changed} changed, {truncated} dropped, {streamed} streamed");
        Assert.Equal((Changed + 1, 1), (streamed, truncated));
        Assert.All(Enumerable.Range(0, ReplicaCore.SlotCount), slot => Assert.Equal(Held(source, slot), Held(returning, slot)));
    }

    private readonly Dictionary<ReplicaCore, MemoryStorageEngine> _engines = [];

    private ReplicaCore Node(string name)
    {
        var engine = new MemoryStorageEngine();
        var core = new ReplicaCore(new NodeIdentity(name, name, 1), engine, FsyncMode.OnView, _time);
        _engines[core] = engine;
        return core;
    }

    private List<string> Held(ReplicaCore node, int slot) =>
        [.. _engines[node].Scan(slot).Select(e => $"{Convert.ToHexString(e.Key.Span)} {e.Version}")];

    private static View View(ulong epoch, string chain, bool filling)
    {
        var view = new View { Epoch = epoch, Coordinator = "c1", Cluster = "cluster1", ReplicationFactor = 2 };
        string[] names = ["n1", "n2"];
        view.Members.Add(names.Select(n => new Member { Name = n, Incarnation = new Incarnation { Store = n, Start = 1 }, State = MemberState.Active }));
        for (var i = 0; i < ReplicaCore.SlotCount; i++)
        {
            var slot = new Slot();
            slot.Chain.Add(chain.Split(' ').Select(n => (uint)Array.IndexOf(names, n)));
            if (filling)
            {
                slot.CatchingUp.Add(new CatchingUp { Member = 1, Joined = epoch });
            }

            view.Slots.Add(slot);
        }

        return view;
    }

    private static void Install(ReplicaCore node, View view) =>
        Assert.True(node.Install(new InstallRequest { View = view, Target = node.Identity.Incarnation }).Installed);

    private static void Heartbeat(ReplicaCore node, ulong epoch, int sync) => Assert.True(node.Heartbeat(new HeartbeatRequest
    {
        Term = 1,
        Coordinator = "c1",
        LeaseMs = 2000,
        Committed = epoch,
        SyncEpoch = epoch,
        SyncCounter = (ulong)sync,
    }).Accepted);

    private static void Write(ReplicaCore node, ulong epoch, IEnumerable<int> keys, int firstCounter)
    {
        var counter = (ulong)firstCounter;
        foreach (var batch in keys.Chunk(1000))
        {
            var operations = batch.Select(key => new Operation
            {
                Kind = OperationKind.Write,
                Slot = (uint)(key % ReplicaCore.SlotCount),
                Entry = new Entry { Key = ByteString.CopyFromUtf8($"key {key}"), VersionEpoch = epoch, VersionCounter = counter++ },
            }).ToList();
            Assert.All(node.Operate(epoch, operations).Results, r => Assert.Equal(ResultStatus.Ok, r.Status));
        }
    }

    private static (int Streamed, int Truncated) Copy(ReplicaCore source, ReplicaCore target)
    {
        var (streamed, truncated) = (0, 0);
        for (var slot = 0; slot < ReplicaCore.SlotCount; slot++)
        {
            var read = target.BeginCopy(slot, Back, out var dropped)!;
            truncated += dropped;
            foreach (var chunk in source.ReadSlot(Back, read))
            {
                Assert.True(target.Absorb(slot, Back, chunk.Entries));
                streamed += chunk.Entries.Count;
            }
        }

        return (streamed, truncated);
    }
}
