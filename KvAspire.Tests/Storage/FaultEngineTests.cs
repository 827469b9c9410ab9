using KvAspire.Node.Storage;
using static KvAspire.Tests.Storage.Entries;

namespace KvAspire.Tests.Storage;

public sealed class UnsyncedTailEngineTests : StorageEngineConformanceTests
{
    private protected override IStorageEngine Open() => new UnsyncedTailEngine();

    [Fact]
    public void PowerCut_BatchesSinceTheLastSync_AreGone()
    {
        using var engine = new UnsyncedTailEngine();
        engine.Write(Batch(batch => batch.Put(1, Entry("a", "1"))), sync: false);
        engine.Sync();
        engine.Write(Batch(batch => batch.Put(1, Entry("b", "1"))), sync: false);
        engine.Write(Batch(batch => batch.Put(1, Entry("c", "1")), batch => batch.PutMetadata("view", [1])), sync: true);
        engine.Write(Batch(batch => batch.Remove(1, "a"u8.ToArray()), batch => batch.PutMetadata("view", [2])), sync: false);
        engine.Write(Batch(batch => batch.PurgeSlot(1)), sync: false);
        Assert.Empty(engine.Scan(1));
        Assert.Equal(2, engine.Unsynced);

        engine.PowerCut();

        Assert.Equal(["a", "b", "c"], Keys(engine.Scan(1)));
        Assert.Equal([1], engine.GetMetadata("view")!);
        Assert.Equal(0, engine.Unsynced);
    }

    [Fact]
    public void PowerCut_MediumKeptSome_TheFirstOnesStay()
    {
        using var engine = new UnsyncedTailEngine();
        foreach (var key in new[] { "a", "b", "c" })
        {
            engine.Write(Batch(batch => batch.Put(1, Entry(key, "1"))), sync: false);
        }

        engine.PowerCut(kept: 2);

        Assert.Equal(["a", "b"], Keys(engine.Scan(1)));
    }
}

public sealed class FailingEngineTests : StorageEngineConformanceTests
{
    private protected override IStorageEngine Open() => new FailingEngine(new MemoryStorageEngine());

    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 2)]
    public void Write_TheFailingOne_ThrowsAndStopsTheEngine(bool applied, int expected)
    {
        var inner = new MemoryStorageEngine();
        using var engine = new FailingEngine(inner, failingWrite: 2, applied);
        engine.Write(Batch(batch => batch.Put(1, Entry("a", "1"))), sync: false);

        Assert.Throws<StorageException>(() => engine.Write(Batch(batch => batch.Put(1, Entry("b", "1"))), sync: false));

        Assert.Throws<StorageException>(() => engine.TryGet(1, "a"u8, out _));
        Assert.Throws<StorageException>(() => engine.Write(new StorageBatch(), sync: false));
        Assert.Throws<StorageException>(engine.Sync);
        Assert.Throws<StorageException>(() => engine.Scan(1).ToList());
        Assert.Throws<StorageException>(() => engine.TryGetHeader(1, "a"u8, out _));
        Assert.Throws<StorageException>(() => engine.ScanHeaders(1).ToList());
        Assert.Equal(expected, inner.Scan(1).Count());
    }
}
