extern alias node;

using System.Text;
using Google.Protobuf;
using KvAspire.Node.Replication;
using KvAspire.Node.Storage;
using Microsoft.Extensions.Time.Testing;
using node::KvAspire.Protocol;

namespace KvAspire.Tests.Node;

/// <summary>A node "n1" of three, driven by hand: its storage, its clock, and what a coordinator would say to it.</summary>
internal sealed class Replica
{
    public const int LeaseMs = 2000;

    private ulong _start = 1;

    public Replica(IStorageEngine? engine = null)
    {
        Engine = engine ?? new MemoryStorageEngine();
        Core = NewCore();
    }

    public IStorageEngine Engine { get; }

    public FakeTimeProvider Time { get; } = new();

    public ReplicaCore Core { get; private set; }

    public Incarnation Incarnation => Core.Identity.Incarnation;

    public static ulong Epoch(uint term, uint revision) => ((ulong)term << 32) | revision;

    /// <summary>A new process on the same storage; leases are not waited for.</summary>
    public void Restart()
    {
        _start++;
        Core = NewCore();
    }

    /// <summary>A view with this node's present incarnation. Slots that are not named belong to nobody.</summary>
    public View View(ulong epoch, params (int Slot, string Chain, string Filling, ulong Joined)[] slots)
    {
        var view = new View { Epoch = epoch, Coordinator = "c1", Cluster = "cluster1", ReplicationFactor = 2 };
        string[] names = ["n1", "n2", "n3"];
        view.Members.Add(names.Select(n => new Member
        {
            Name = n,
            Incarnation = n == "n1" ? Incarnation : new Incarnation { Store = n, Start = 1 },
            State = MemberState.Active,
        }));
        view.Slots.Add(Enumerable.Range(0, ReplicaCore.SlotCount).Select(_ => new Slot()));
        foreach (var (slot, chain, filling, joined) in slots)
        {
            view.Slots[slot].Chain.Add(Words(chain).Select(n => (uint)Array.IndexOf(names, n)));
            view.Slots[slot].CatchingUp.Add(Words(filling).Select(n => new CatchingUp { Member = (uint)Array.IndexOf(names, n), Joined = joined }));
        }

        return view;
    }

    public View View(ulong epoch, int slot, string chain) => View(epoch, (slot, chain, "", 0));

    public ClaimReply Claim(uint term, string coordinator = "c1") =>
        Core.Claim(new ClaimRequest { Term = term, Coordinator = coordinator, LeaseMs = LeaseMs });

    public InstallReply TryInstall(View view) => Core.Install(new InstallRequest { View = view, Target = Incarnation });

    public void Install(View view) => Assert.Equal("", TryInstall(view).Reason);

    public HeartbeatReply Heartbeat(ulong committed, (ulong Epoch, ulong Counter) sync = default, params uint[] notLevel) =>
        Heartbeat(new HeartbeatRequest
        {
            Term = (uint)(committed >> 32),
            Committed = committed,
            SyncEpoch = sync.Epoch,
            SyncCounter = sync.Counter,
            NotLevel = { notLevel },
        });

    public HeartbeatReply Heartbeat(HeartbeatRequest request)
    {
        request.Coordinator = request.Coordinator.Length > 0 ? request.Coordinator : "c1";
        request.LeaseMs = LeaseMs;
        return Core.Heartbeat(request);
    }

    public static Entry Entry(string key, ulong epoch, ulong counter, string? value = "v", long expiresAt = 0) => new()
    {
        Key = ByteString.CopyFromUtf8(key),
        VersionEpoch = epoch,
        VersionCounter = counter,
        Value = ByteString.CopyFromUtf8(value ?? ""),
        ExpiresAt = expiresAt,
        Tombstone = value is null,
    };

    public Result Write(ulong epoch, int slot, Entry entry, Condition? condition = null) =>
        Operate(epoch, new Operation { Kind = OperationKind.Write, Slot = (uint)slot, Entry = entry, Condition = condition });

    public Result Read(ulong epoch, int slot, string key) => Operate(
        epoch, new Operation { Kind = OperationKind.Read, Slot = (uint)slot, Entry = new Entry { Key = ByteString.CopyFromUtf8(key) } });

    /// <summary>What the storage holds of the slot: "key=counter" for each entry.</summary>
    public string Held(int slot) =>
        string.Join(" ", Engine.Scan(slot).Select(e => $"{Encoding.UTF8.GetString(e.Key.Span)}={e.Version.Counter}"));

    private Result Operate(ulong epoch, Operation operation) => Assert.Single(Core.Operate(epoch, [operation]).Results);

    private ReplicaCore NewCore() => new(new NodeIdentity("n1", "store1", _start), Engine, FsyncMode.OnView, Time);

    private static string[] Words(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
