extern alias node;

using KvAspire.Node.Storage;
using KvAspire.Tests.Storage;
using node::KvAspire.Protocol;
using static KvAspire.Tests.Node.Replica;

namespace KvAspire.Tests.Node;

/// <summary>
/// A slot that is truncated has a thousand entries from its sync point on, possibly never acknowledged, and one below. What comes in between is done
/// when some of them have been looked at.
/// </summary>
public sealed class ReplicaTruncationTests : IDisposable
{
    private const int Slot = 7;
    private const int Many = 1_000;
    private static readonly ulong First = Epoch(1, 1);
    private static readonly ulong Second = Epoch(2, 1);
    private readonly HookedEngine _engine = new();
    private readonly Replica _node;

    public ReplicaTruncationTests()
    {
        _node = new Replica(_engine);
        _node.Install(_node.View(First, Slot, "n1 n2"));
        _node.Write(First, Slot, Entry("a", First, 5));
        Assert.True(_node.Heartbeat(First, (First, 10)).Accepted);
        for (ulong i = 0; i < Many; i++)
        {
            _node.Write(First, Slot, Entry($"b{i:d3}", First, 12 + i));
        }

        _node.Restart();
        InstallToCatchUp(Second);
    }

    private static IEnumerable<string> Doubtful => Enumerable.Range(0, Many).Select(i => $"b{i:d3}");

    public void Dispose() => _engine.Dispose();

    [Fact]
    public void BeginCopy_SlotIsLookedThrough_OtherCallsGoOn()
    {
        // On another thread: a lock does not keep its own holder out.
        WhenSeen(300, () => Assert.True(Task.Run(() => _node.Heartbeat(Second)).Wait(TimeSpan.FromSeconds(10)), "A heartbeat waits."));

        Assert.NotNull(_node.Core.BeginCopy(Slot, Second, out _));
    }

    [Fact]
    public void BeginCopy_ManyEntriesToDrop_DropsThemInSeveralStepsThatEachNoteTheirKeys()
    {
        var steps = new List<int>();
        _engine.Writing = batch =>
        {
            steps.Add(batch.Changes.Count(c => c.Kind == ChangeKind.Remove));
            Assert.Contains(batch.Changes, c => c.Kind == ChangeKind.Metadata);
        };

        var read = _node.Core.BeginCopy(Slot, Second, out var truncated);

        Assert.Equal(("a=5", Many), (_node.Held(Slot), truncated));
        Assert.Equal(Doubtful, KeysOf(read));
        Assert.All(steps, step => Assert.InRange(step, 1, 256));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void BeginCopy_EndsAmongTheSteps_AsksForAllAtTheNextStart(int failing)
    {
        var steps = 0;
        _engine.Writing = _ =>
        {
            if (++steps == failing)
            {
                throw new StorageException("The process ends, as the test wants it.");
            }
        };
        Assert.Throws<StorageException>(() => _node.Core.BeginCopy(Slot, Second, out _));
        _engine.Writing = null;
        Assert.Equal(1 + Many - (256 * (failing - 1)), _node.Held(Slot).Split(' ').Length);

        _node.Restart();
        InstallToCatchUp(Epoch(3, 1));
        var read = _node.Core.BeginCopy(Slot, Epoch(3, 1), out var truncated);

        Assert.Equal(("a=5", Many), (_node.Held(Slot), truncated));
        Assert.Equal(Doubtful, KeysOf(read).Order(StringComparer.Ordinal));
        Assert.Equal((First, 10ul), (read!.SinceEpoch, read.SinceCounter));
    }

    [Fact]
    public void BeginCopy_ClientsWriteMeanwhile_KeepsWhatTheyWrote()
    {
        _node.Write(Second, Slot, Entry("b001", Second, 1));
        WhenSeen(600, () =>
        {
            // Looked at before, and dropped; looked at later; not there before, on either side.
            foreach (var (key, counter) in new[] { ("b000", 2ul), ("b999", 3ul), ("b000+", 4ul), ("b999+", 5ul), ("b599", 6ul) })
            {
                Assert.Equal(ResultStatus.Ok, _node.Write(Second, Slot, Entry(key, Second, counter)).Status);
            }
        });

        var read = _node.Core.BeginCopy(Slot, Second, out _);

        Assert.Equal("a=5 b000=2 b000+=4 b001=1 b599=6 b999=3 b999+=5", _node.Held(Slot));
        Assert.Equal(Doubtful, KeysOf(read).Where(k => !k.EndsWith('+')));
    }

    [Fact]
    public void BeginCopy_AnotherCopyOfTheSlotIsFasterAndFillsIt_DropsNothingOfThat()
    {
        WhenSeen(600, () =>
        {
            var other = _node.Core.BeginCopy(Slot, Second, out _);
            Assert.Equal(Doubtful, KeysOf(other));
            Assert.True(_node.Core.Absorb(Slot, Second, [Entry("b000", First, 11), Entry("b700", First, 13), Entry("b999", Second, 1)]));
            _node.Write(Second, Slot, Entry("b998", Second, 2));
        });

        var read = _node.Core.BeginCopy(Slot, Second, out var truncated);

        Assert.Equal("a=5 b000=11 b700=13 b998=2 b999=1", _node.Held(Slot));
        Assert.Equal(Many, truncated);
        Assert.Equal(Doubtful, KeysOf(read));
    }

    [Fact]
    public void BeginCopy_ToldToBeginAgainMeanwhile_EndsAndTheNextOneDropsTheRest()
    {
        var third = Epoch(2, 2);
        WhenSeen(600, () =>
        {
            _node.Write(Second, Slot, Entry("b999", Second, 1));
            InstallToCatchUp(third);
            _node.Write(third, Slot, Entry("b998", third, 2));
        });

        Assert.Null(_node.Core.BeginCopy(Slot, Second, out _));
        Assert.Contains(" b700=", _node.Held(Slot), StringComparison.Ordinal);
        var read = _node.Core.BeginCopy(Slot, third, out _);

        Assert.Equal("a=5 b998=2", _node.Held(Slot));
        Assert.Equal(Doubtful, KeysOf(read));
    }

    [Fact]
    public void BeginCopy_SlotIsGivenAwayMeanwhileAndComesBack_AsksForAll()
    {
        var third = Epoch(2, 2);
        WhenSeen(600, () =>
        {
            _node.Install(_node.View(third, Slot, "n2"));
            _node.Heartbeat(third);
        });

        Assert.Null(_node.Core.BeginCopy(Slot, Second, out _));
        Assert.Equal("", _node.Held(Slot));
        InstallToCatchUp(Epoch(2, 3));
        var read = _node.Core.BeginCopy(Slot, Epoch(2, 3), out _);

        Assert.Empty(read!.Keys);
        Assert.Equal((0ul, 0ul), (read.SinceEpoch, read.SinceCounter));
    }

    [Fact]
    public void BeginCopy_KeysNotedInOneRecordByAnEarlierVersion_AsksForThemToo()
    {
        var batch = new StorageBatch();
        batch.PutMetadata($"dropped/{Slot}", [0x0a, 1, (byte)'x', 0x0a, 4, .. "b007"u8]);
        _engine.Write(batch, sync: false);
        _node.Restart();
        InstallToCatchUp(Epoch(2, 2));

        var read = _node.Core.BeginCopy(Slot, Epoch(2, 2), out _);

        Assert.Equal(["x", "b007", .. Doubtful.Where(k => k != "b007")], KeysOf(read));
    }

    [Fact]
    public void BeginCopy_InSyncAgain_HasForgottenAllDroppedKeysOverAStart()
    {
        _node.Core.BeginCopy(Slot, Second, out _);
        _node.Install(_node.View(Epoch(2, 2), Slot, "n2 n1"));
        _node.Heartbeat(Epoch(2, 2));
        _node.Restart();
        InstallToCatchUp(Epoch(2, 3));

        Assert.Empty(_node.Core.BeginCopy(Slot, Epoch(2, 3), out _)!.Keys);
    }

    [Fact]
    public void Write_VeryManyKeysBeforeTheCopy_LooksAtSomeEntriesAtATime()
    {
        const ulong many = 50_000;
        for (ulong i = 0; i < many; i++)
        {
            _node.Write(Second, Slot, Entry($"key{i}", Second, 20 + i));
        }

        var seen = 0;
        _engine.Scanning = _ => seen++;
        _node.Write(Second, Slot, Entry("key", Second, many + 20));
        Assert.InRange(seen, 1, 5_000);

        // It goes on with each write, until all is looked at.
        for (ulong i = 1; i < 200; i++)
        {
            _node.Write(Second, Slot, Entry($"key{i}", Second, many + 20 + i));
        }

        Assert.Equal(2 + (int)many, _node.Held(Slot).Split(' ').Length);
        seen = 0;
        var read = _node.Core.BeginCopy(Slot, Second, out _);
        Assert.Equal(0, seen);
        Assert.Superset(Doubtful.ToHashSet(), KeysOf(read).ToHashSet());
    }

    private static IEnumerable<string> KeysOf(SlotRead? read) => read!.Keys.Select(k => k.ToStringUtf8());

    /// <summary>Once, when a scan has come so far.</summary>
    private void WhenSeen(int entries, Action action) => _engine.Scanning = n =>
    {
        if (n == entries)
        {
            _engine.Scanning = null;
            action();
        }
    };

    private void InstallToCatchUp(ulong epoch) => _node.Install(_node.View(epoch, (Slot, "n2", "n1", epoch)));
}
