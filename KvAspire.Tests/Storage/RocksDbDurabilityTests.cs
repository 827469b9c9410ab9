using KvAspire.Node.Storage;
using static KvAspire.Tests.Storage.Entries;

namespace KvAspire.Tests.Storage;

/// <summary>What is on the disk after a stop, a kill, a power cut, and when the disk is damaged.</summary>
public sealed class RocksDbDurabilityTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Open_AfterDispose_HoldsEverything()
    {
        using (var engine = Open("db"))
        {
            engine.Write(Batch(batch => batch.Put(1, Entry("a", "1")), batch => batch.PutMetadata("view", [1])), sync: false);
        }

        using var again = Open("db");
        AssertSame(Entry("a", "1"), Assert.Single(again.Scan(1)));
        Assert.Equal([1], again.GetMetadata("view")!);
    }

    [Fact]
    public void Open_AfterAKill_HoldsEveryWriteThatReturned()
    {
        using var engine = Open("db");
        WriteKeys(engine, 0, 2_000);
        engine.Write(Batch(batch => batch.PurgeSlot(3), batch => batch.PutMetadata("view", [1])), sync: false);

        TemporaryDirectory.Copy(_directory["db"], _directory["killed"]);

        using var again = Open("killed");
        Assert.Equal(2_000, again.Scan(1).Count());
        Assert.Equal([1], again.GetMetadata("view")!);
    }

    /// <summary>The log ends in the middle of a record, at any byte: the records before it count, and nothing stops the start.</summary>
    [Theory]
    [InlineData(1, true)]
    [InlineData(40, true)]
    [InlineData(200, true)]
    [InlineData(999, true)]
    [InlineData(1, false)]
    [InlineData(40, false)]
    [InlineData(200, false)]
    public void Open_LogCutOff_HoldsTheWholeBatchesBefore(int bytesLost, bool mayHaveLostPower)
    {
        using var engine = Open("db");
        WriteBatches(engine, 0, 50);
        engine.Sync();
        var synced = Log("db").Length;
        WriteBatches(engine, 50, 50);
        TemporaryDirectory.Copy(_directory["db"], _directory["cut"]);
        using (var log = new FileStream(Log("cut").FullName, FileMode.Open))
        {
            Assert.True(log.Length - bytesLost > synced);
            log.SetLength(log.Length - bytesLost);
        }

        using var again = Open("cut", mayHaveLostPower);

        AssertWholeBatches(again, atLeast: 50, atMost: 99);
    }

    /// <summary>Of the unsynced part a later page may have reached the disk and an earlier one not.</summary>
    [Fact]
    public void Open_HoleInTheUnsyncedPartOfTheLog_HoldsTheWholeBatchesBefore()
    {
        using var engine = Open("db");
        WriteBatches(engine, 0, 50);
        engine.Sync();
        var synced = Log("db").Length;
        WriteBatches(engine, 50, 500);
        TemporaryDirectory.Copy(_directory["db"], _directory["cut"]);
        using (var log = new FileStream(Log("cut").FullName, FileMode.Open))
        {
            log.Position = (synced + log.Length) / 2;
            log.Write(new byte[4096]);
            Assert.True(log.Position < log.Length);
        }

        // Without a power cut that is damage, and the node must not pass for the one that it was.
        var refused = Assert.Throws<StorageException>(() => Open("cut", mayHaveLostPower: false));
        Assert.Contains("Corruption", refused.Message, StringComparison.Ordinal);
        Assert.Contains("empty its data directory", refused.Message, StringComparison.Ordinal);

        using (var again = Open("cut"))
        {
            var kept = AssertWholeBatches(again, atLeast: 50, atMost: 549);
            WriteBatches(again, kept, 10);
        }

        using var later = Open("cut", mayHaveLostPower: false);
        AssertWholeBatches(later, atLeast: 60, atMost: 559);
    }

    [Fact]
    public void Read_DamagedTable_ThrowsAndStopsTheEngine()
    {
        using (var engine = Open("db"))
        {
            WriteKeys(engine, 0, 20_000);
        }

        using (Open("db"))
        {
            // The second start turned the log into a table.
        }

        foreach (var table in Directory.GetFiles(_directory["db"], "*.sst"))
        {
            using var file = new FileStream(table, FileMode.Open);
            file.Position = file.Length / 4;
            file.Write(new byte[(int)file.Length / 4]);
        }

        using var damaged = Open("db");
        Assert.Throws<StorageException>(() => damaged.Scan(1).Count());

        Assert.Throws<StorageException>(() => damaged.TryGet(1, "key00000"u8, out _));
        Assert.Throws<StorageException>(() => damaged.Write(Batch(batch => batch.Put(1, Entry("a", "1"))), sync: false));
        Assert.Throws<StorageException>(damaged.Sync);
        Assert.Throws<StorageException>(() => damaged.GetMetadata("view"));
    }

    [Fact]
    public void Open_InUse_ThrowsAndNamesTheDirectory()
    {
        using var engine = Open("db");

        var refused = Assert.Throws<StorageException>(() => Open("db"));

        Assert.Contains(_directory["db"], refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Dispose_ScanStillOpen_ClosesWhenItEnds()
    {
        var engine = Open("db");
        WriteKeys(engine, 0, 100);
        using (var scan = engine.Scan(1).GetEnumerator())
        {
            Assert.True(scan.MoveNext());
            engine.Dispose();
            Assert.Throws<ObjectDisposedException>(() => scan.MoveNext());
        }

        using var again = Open("db");
        Assert.Equal(100, again.Scan(1).Count());
    }

    [Fact]
    public async Task PurgeSlot_LargeSlot_GivesTheSpaceBack()
    {
        using var engine = Open("db");
        for (var i = 0; i < 4; i++)
        {
            var value = new byte[1 << 20];
            new Random(i).NextBytes(value);
            engine.Write(Batch(batch => batch.Put(1, Entry($"key{i}", "") with { Value = value })), sync: false);
        }

        engine.Write(Batch(batch => batch.Put(2, Entry("stays", "1"))), sync: false);
        Assert.True(engine.Estimate().Bytes > 4 << 20);

        engine.Write(Batch(batch => batch.PurgeSlot(1)), sync: false);

        await Eventually(() => engine.Estimate().Bytes < 1 << 20);
        Assert.Empty(engine.Scan(1));
        Assert.Equal(["stays"], Keys(engine.Scan(2)));
    }

    [Fact]
    public void Dispose_WhilePurgesArePending_ClosesAndKeepsThem()
    {
        using (var engine = Open("db"))
        {
            for (var slot = 0; slot < 100; slot += 2)
            {
                var target = slot;
                engine.Write(Batch(batch => batch.Put(target, Entry("key", "1"))), sync: false);
            }

            for (var slot = 0; slot < 100; slot += 4)
            {
                var target = slot;
                engine.Write(Batch(batch => batch.PurgeSlot(target)), sync: false);
            }
        }

        using var again = Open("db");
        Assert.All(Enumerable.Range(0, 100), slot => Assert.Equal(slot % 4 == 2 ? 1 : 0, again.Scan(slot).Count()));
    }

    private RocksDbStorageEngine Open(string name, bool mayHaveLostPower = true) =>
        RocksDbStorageEngine.Open(_directory[name], new StorageOptions(), mayHaveLostPower);

    private FileInfo Log(string name) => new(Assert.Single(Directory.GetFiles(_directory[name], "*.log")));

    private static void WriteKeys(RocksDbStorageEngine engine, int first, int count)
    {
        var keys = Enumerable.Range(first, count).Select<int, Action<StorageBatch>>(i => batch => batch.Put(1, Entry($"key{i:d5}", "a value of some length")));
        foreach (var chunk in keys.Chunk(100))
        {
            engine.Write(Batch(chunk), sync: false);
        }
    }

    /// <summary>Each batch writes two keys of two slots, so that a part of one would show.</summary>
    private static void WriteBatches(RocksDbStorageEngine engine, int first, int count)
    {
        for (var i = first; i < first + count; i++)
        {
            var key = $"key{i:d5}";
            engine.Write(Batch(batch => batch.Put(1, Entry(key, new string('x', 50))), batch => batch.Put(1000, Entry(key, "y"))), sync: false);
        }
    }

    private static int AssertWholeBatches(RocksDbStorageEngine engine, int atLeast, int atMost)
    {
        var keys = Keys(engine.Scan(1)).ToList();
        Assert.InRange(keys.Count, atLeast, atMost);
        Assert.Equal(Enumerable.Range(0, keys.Count).Select(i => $"key{i:d5}"), keys);
        Assert.Equal(keys, Keys(engine.Scan(1000)));
        return keys.Count;
    }

    private static async Task Eventually(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (!condition())
        {
            await Task.Delay(20, limit.Token);
        }
    }
}
