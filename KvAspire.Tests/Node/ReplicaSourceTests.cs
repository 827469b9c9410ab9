extern alias node;

using Google.Protobuf;
using node::KvAspire.Protocol;
using static KvAspire.Tests.Node.Replica;

namespace KvAspire.Tests.Node;

/// <summary>A node that another one copies a slot from.</summary>
public sealed class ReplicaSourceTests
{
    private const int Slot = 7;
    private static readonly ulong Now = Epoch(1, 2);
    private readonly Replica _node = new();

    public ReplicaSourceTests()
    {
        _node.Install(_node.View(Now, (Slot, "n1", "n2", Now)));
        _node.Write(Now, Slot, Entry("a", Epoch(1, 1), 5));
        _node.Write(Now, Slot, Entry("b", Epoch(1, 1), 10));
        _node.Write(Now, Slot, Entry("c", Now, 1, value: null));
    }

    [Fact]
    public void ReadSlot_FromNothing_SendsAllTombstonesIncluded()
    {
        var chunk = Assert.Single(Read(Now));

        Assert.Equal((true, (uint)Slot), (chunk.Last, chunk.Slot));
        Assert.Equal(["a", "b", "c"], Keys(chunk));
        Assert.True(chunk.Entries[2].Tombstone);
    }

    [Fact]
    public void ReadSlot_FromASyncPoint_SendsWhatIsNotBelowIt() =>
        Assert.Equal(["b", "c"], Keys(Assert.Single(Read(Now, (Epoch(1, 1), 10)))));

    [Fact]
    public void ReadSlot_WithDroppedKeys_SendsThemWhateverTheirVersionAndOnce()
    {
        var chunk = Assert.Single(Read(Now, (Now, 0), "a", "c", "never was here"));

        Assert.Equal(["a", "c"], Keys(chunk));
        Assert.Equal(5ul, chunk.Entries[0].VersionCounter);
    }

    [Fact]
    public void ReadSlot_NothingToSend_SaysThatThatIsAll()
    {
        var chunk = Assert.Single(Read(Now, (Epoch(9, 0), 0)));

        Assert.True(chunk.Last);
        Assert.Empty(chunk.Entries);
    }

    [Fact]
    public void ReadSlot_ReaderHasALaterView_GetsNothing() => Assert.Empty(Read(Epoch(1, 3)));

    [Theory]
    [InlineData("n2", "n1")]
    [InlineData("n2", "")]
    public void ReadSlot_NotInSync_GivesNothing(string chain, string filling)
    {
        _node.Install(_node.View(Epoch(1, 3), (Slot, chain, filling, Epoch(1, 3))));

        Assert.Empty(Read(Now));
    }

    [Fact]
    public void ReadSlot_LeavesTheChainMeanwhile_NeverSaysThatThatIsAll()
    {
        var chunks = _node.Core.ReadSlot(Now, new SlotRead { Slot = Slot }).GetEnumerator();
        for (var i = 0; i < 8; i++)
        {
            _node.Write(Now, Slot, Entry($"large{i}", Now, (ulong)(10 + i), new string('x', 25_000)));
        }

        Assert.True(chunks.MoveNext());
        Assert.False(chunks.Current.Last);
        _node.Install(_node.View(Epoch(1, 3), Slot, "n2"));
        while (chunks.MoveNext())
        {
            Assert.False(chunks.Current.Last);
        }
    }

    [Fact]
    public void ReadSlot_LargeSlot_ComesInChunksWithEveryEntryOnce()
    {
        for (var i = 0; i < 20; i++)
        {
            _node.Write(Now, Slot, Entry($"large{i:00}", Now, (ulong)(10 + i), new string('x', 25_000)));
        }

        var chunks = Read(Now);

        Assert.InRange(chunks.Count, 6, 8);
        Assert.All(chunks[..^1], c => Assert.False(c.Last));
        Assert.True(chunks[^1].Last);
        Assert.Equal(23, chunks.SelectMany(c => c.Entries).Select(e => e.Key).Distinct().Count());
        Assert.Equal(23, chunks.Sum(c => c.Entries.Count));
    }

    [Fact]
    public void Absorb_OnTheReader_EndsWithTheSameEntries()
    {
        var reader = new Replica();
        reader.Install(reader.View(Now, (Slot, "n2", "n1", Now)));
        var read = reader.Core.BeginCopy(Slot, Now, out _)!;

        foreach (var chunk in _node.Core.ReadSlot(Now, read))
        {
            Assert.True(reader.Core.Absorb(Slot, Now, chunk.Entries));
        }

        Assert.Equal(_node.Held(Slot), reader.Held(Slot));
    }

    private List<SlotChunk> Read(ulong epoch, (ulong Epoch, ulong Counter) since = default, params string[] keys)
    {
        var read = new SlotRead { Slot = Slot, SinceEpoch = since.Epoch, SinceCounter = since.Counter };
        read.Keys.Add(keys.Select(ByteString.CopyFromUtf8));
        return [.. _node.Core.ReadSlot(epoch, read)];
    }

    private static IEnumerable<string> Keys(SlotChunk chunk) => chunk.Entries.Select(e => e.Key.ToStringUtf8());
}
