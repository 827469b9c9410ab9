using System.Text;
using KvAspire.Node.Storage;
using static KvAspire.Tests.Storage.Entries;

namespace KvAspire.Tests.Storage;

/// <summary>What every engine has to do; one class derived for each.</summary>
public abstract class StorageEngineConformanceTests : IDisposable
{
    private readonly Lazy<IStorageEngine> _engine;

    protected StorageEngineConformanceTests() => _engine = new(() => Open());

    private protected IStorageEngine Engine => _engine.Value;

    private protected abstract IStorageEngine Open();

    public virtual void Dispose()
    {
        if (_engine.IsValueCreated)
        {
            Engine.Dispose();
        }

        GC.SuppressFinalize(this);
    }

    [Fact]
    public void TryGet_EmptyStore_FindsNothing()
    {
        Assert.False(Engine.TryGet(0, "key"u8, out _));
        Assert.Empty(Engine.Scan(0));
    }

    [Fact]
    public void Put_NewKey_GivesBackAllOfIt()
    {
        var entry = new StoredEntry("key"u8.ToArray(), new(ulong.MaxValue - 1, ulong.MaxValue), "value"u8.ToArray(), "text/plain", 1_893_456_000_000, false);

        Write(batch => batch.Put(7, entry));

        AssertSame(entry, Get(7, "key"));
        AssertSame(entry, Assert.Single(Engine.Scan(7)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("application/json")]
    [InlineData("application/vnd.kv+json; charset=utf-8; note=\"é\"")]
    public void Put_AnyContentType_IsKept(string contentType)
    {
        Write(batch => batch.Put(1, Entry("key", "v") with { ContentType = contentType }));

        Assert.Equal(contentType, Get(1, "key").ContentType);
    }

    [Fact]
    public void Put_SameKey_ReplacesIt()
    {
        Write(batch => batch.Put(1, Entry("key", "a much longer old value", 1)));
        Write(batch => batch.Put(1, Entry("key", "new", 2)));

        AssertSame(Entry("key", "new", 2), Get(1, "key"));
        Assert.Single(Engine.Scan(1));
    }

    [Fact]
    public void Put_LowerVersion_IsWrittenAllTheSame()
    {
        Write(batch => batch.Put(1, Entry("key", "new", 2)));
        Write(batch => batch.Put(1, Entry("key", "old", 1)));

        Assert.Equal(new EntryVersion(1, 1), Get(1, "key").Version);
    }

    [Fact]
    public void Put_Tombstone_IsAnEntry()
    {
        Write(batch => batch.Put(1, Entry("key", "value", 1)));
        var tombstone = new StoredEntry("key"u8.ToArray(), new(1, 2), default, "", 0, true);
        Write(batch => batch.Put(1, tombstone));

        AssertSame(tombstone, Get(1, "key"));
        Assert.True(Assert.Single(Engine.Scan(1)).Tombstone);
    }

    [Fact]
    public void Put_EmptyValue_IsNotATombstone()
    {
        Write(batch => batch.Put(1, Entry("key", "")));

        var entry = Get(1, "key");
        Assert.Equal(0, entry.Value.Length);
        Assert.False(entry.Tombstone);
    }

    [Fact]
    public void Put_LargeValue_GivesBackEveryByte()
    {
        var value = new byte[1 << 20];
        new Random(1).NextBytes(value);

        Write(batch => batch.Put(1, Entry("key", "") with { Value = value }));

        Assert.Equal(value, Get(1, "key").Value.ToArray());
        Assert.Equal(value, Assert.Single(Engine.Scan(1)).Value.ToArray());
    }

    [Fact]
    public void Put_CallerReusesItsBuffers_StoreIsNotChanged()
    {
        var (key, value) = ("key"u8.ToArray(), "value"u8.ToArray());
        Write(batch => batch.Put(1, new(key, new(1, 1), value, "", 0, false)));
        key[0] = value[0] = (byte)'X';

        AssertSame(Entry("key", "value"), Get(1, "key"));
        AssertSame(Entry("key", "value"), Assert.Single(Engine.Scan(1)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(StorageLimits.MaxKeyBytes + 1)]
    public void Write_KeyOfWrongLength_ThrowsAndChangesNothing(int length)
    {
        var batch = new StorageBatch();
        batch.Put(1, Entry("key", "value"));
        batch.Put(1, Entry("", "value") with { Key = new byte[length] });

        Assert.Throws<ArgumentException>(() => Engine.Write(batch, false));

        Assert.Empty(Engine.Scan(1));
        Write(after => after.Put(1, Entry("key", "value")));
        Assert.Single(Engine.Scan(1));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(StorageLimits.SlotCount)]
    public void AnyCall_SlotThatIsNone_Throws(int slot)
    {
        var batch = new StorageBatch();
        batch.Put(slot, Entry("key", "value"));

        Assert.Throws<ArgumentOutOfRangeException>(() => Engine.Write(batch, false));
        Assert.Throws<ArgumentOutOfRangeException>(() => Engine.TryGet(slot, "key"u8, out _));
        Assert.Throws<ArgumentOutOfRangeException>(() => Engine.Scan(slot));
    }

    [Fact]
    public void Remove_StoredKey_LeavesNoTrace()
    {
        Write(batch => batch.Put(1, Entry("a", "1")), batch => batch.Put(1, Entry("b", "2")));
        Write(batch => batch.Remove(1, "a"u8.ToArray()), batch => batch.Remove(1, "unknown"u8.ToArray()));

        Assert.False(Engine.TryGet(1, "a"u8, out _));
        Assert.Equal(["b"], Keys(Engine.Scan(1)));
    }

    [Fact]
    public void Write_SeveralChangesOfOneKey_TakeEffectInOrder()
    {
        Write(
            batch => batch.Put(1, Entry("a", "1")),
            batch => batch.Remove(1, "a"u8.ToArray()),
            batch => batch.Put(1, Entry("b", "1")),
            batch => batch.PurgeSlot(1),
            batch => batch.Put(1, Entry("c", "1", 1)),
            batch => batch.Put(1, Entry("c", "2", 2)));

        AssertSame(Entry("c", "2", 2), Assert.Single(Engine.Scan(1)));
    }

    [Fact]
    public void PurgeSlot_NeighboursHoldEntries_RemovesOnlyItsOwn()
    {
        foreach (var slot in new[] { 0, 254, 255, 256, 257, 1022, 1023 })
        {
            Write(batch => batch.Put(slot, Entry("key", "value")), batch => batch.Put(slot, Entry(new string('\uffee', 100), "value")));
        }

        Write(batch => batch.PurgeSlot(255), batch => batch.PurgeSlot(1023), batch => batch.PurgeSlot(500));

        Assert.All([255, 1023, 500], slot => Assert.Empty(Engine.Scan(slot)));
        Assert.All([0, 254, 256, 257, 1022], slot => Assert.Equal(2, Engine.Scan(slot).Count()));
        Assert.False(Engine.TryGet(255, "key"u8, out _));
        Write(batch => batch.Put(255, Entry("again", "value")));
        Assert.Equal(["again"], Keys(Engine.Scan(255)));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(255, 256)]
    [InlineData(0, 1023)]
    public void Put_SameKeyInTwoSlots_AreTwoEntries(int one, int other)
    {
        Write(batch => batch.Put(one, Entry("key", "one")), batch => batch.Put(other, Entry("key", "other")));

        Assert.Equal("one", Text(Get(one, "key").Value));
        Assert.Equal("other", Text(Get(other, "key").Value));
        Assert.Equal("one", Text(Assert.Single(Engine.Scan(one)).Value));
        Assert.Equal("other", Text(Assert.Single(Engine.Scan(other)).Value));
    }

    [Fact]
    public void Scan_KeysOfAllKinds_AreInOrderOfUnsignedBytes()
    {
        byte[][] ordered =
        [
            [0x00], [0x00, 0x00], [0x00, 0xff], [0x01], "a"u8.ToArray(), "a\0"u8.ToArray(), "aa"u8.ToArray(), "ab"u8.ToArray(), "b"u8.ToArray(),
            [0x7f], [0x80], [0xc3, 0xa9], [0xff], [0xff, 0x00], [0xff, 0xff], Enumerable.Repeat((byte)0xff, StorageLimits.MaxKeyBytes).ToArray(),
        ];
        foreach (var key in ordered.Reverse())
        {
            Write(batch => batch.Put(300, Entry("", "v") with { Key = key }));
        }

        Assert.Equal(ordered, Engine.Scan(300).Select(entry => entry.Key.ToArray()));
        for (var i = 0; i < ordered.Length; i++)
        {
            Assert.Equal(ordered.Skip(i + 1), Engine.Scan(300, ordered[i]).Select(entry => entry.Key.ToArray()));
            Assert.True(Engine.TryGet(300, ordered[i], out var entry));
            Assert.Equal(ordered[i], entry.Key.ToArray());
        }
    }

    [Fact]
    public void Scan_AfterAKeyThatIsNotThere_BeginsWithTheNext()
    {
        Write(batch => batch.Put(1, Entry("a", "1")), batch => batch.Put(1, Entry("c", "2")));

        Assert.Equal(["c"], Keys(Engine.Scan(1, "b"u8.ToArray())));
        Assert.Empty(Engine.Scan(1, "c"u8.ToArray()));
        Assert.Equal(["a", "c"], Keys(Engine.Scan(1, "A"u8.ToArray())));
    }

    [Fact]
    public void Scan_WrittenToWhileRunning_ShowsTheStateOfItsFirstStep()
    {
        var expected = Enumerable.Range(0, 500).Select(i => $"key{i:d4}").ToList();
        Write(expected.Select<string, Action<StorageBatch>>(key => batch => batch.Put(1, Entry(key, "old"))).ToArray());

        using var scan = Engine.Scan(1).GetEnumerator();
        Assert.True(scan.MoveNext());
        var seen = new List<StoredEntry> { scan.Current };
        Write(
            batch => batch.Put(1, Entry("key0100", "new", 2)),
            batch => batch.Put(1, Entry("key0100b", "new", 2)),
            batch => batch.Remove(1, "key0200"u8.ToArray()));
        Write(batch => batch.PurgeSlot(1));
        while (scan.MoveNext())
        {
            seen.Add(scan.Current);
        }

        Assert.Equal(expected, Keys(seen));
        Assert.All(seen, entry => Assert.Equal("old", Text(entry.Value)));
        Assert.Empty(Engine.Scan(1));
    }

    [Fact]
    public void Scan_EnumeratedAgain_ShowsWhatIsThereThen()
    {
        var scan = Engine.Scan(1);
        Assert.Empty(scan);

        Write(batch => batch.Put(1, Entry("key", "value")));

        Assert.Single(scan);
    }

    [Theory]
    [InlineData("value", "", 0L, false)]
    [InlineData("value", "text/plain", 1_893_456_000_000L, false)]
    [InlineData("", "application/vnd.kv+json; charset=utf-8; note=\"é\"", 5L, false)]
    [InlineData("a value much longer than all that is told of it", "x/y", 0L, false)]
    [InlineData("", "", 0L, true)]
    public void Headers_AnyEntry_TellAllButTheValue(string value, string contentType, long expiresAt, bool tombstone)
    {
        var entry = Entry("key", value) with { Version = new(ulong.MaxValue - 1, ulong.MaxValue), ContentType = contentType, ExpiresAt = expiresAt, Tombstone = tombstone };

        Write(batch => batch.Put(7, entry));

        Assert.True(Engine.TryGetHeader(7, "key"u8, out var header));
        Assert.Equal(new EntryHeader(entry.Version, expiresAt, tombstone, value.Length), header);
        var (key, scanned) = Assert.Single(Engine.ScanHeaders(7));
        Assert.Equal(("key", header), (Text(key), scanned));
    }

    [Fact]
    public void Headers_LongContentTypeAndLargeValue_TellTheLength()
    {
        var entry = Entry("key", "") with { ContentType = new string('é', StorageLimits.MaxContentTypeLength), Value = new byte[1 << 20] };
        Write(batch => batch.Put(1, entry));

        Assert.True(Engine.TryGetHeader(1, "key"u8, out var header));
        Assert.Equal(1 << 20, header.ValueBytes);
        Assert.Equal(header, Assert.Single(Engine.ScanHeaders(1)).Header);
        AssertSame(entry, Get(1, "key"));
    }

    [Fact]
    public void Headers_SeveralEntries_AreThoseOfTheScan()
    {
        foreach (var key in new[] { "c", "a", "b" })
        {
            Write(batch => batch.Put(1, Entry(key, key)), batch => batch.Put(2, Entry(key, key)));
        }

        Write(batch => batch.Remove(1, "b"u8.ToArray()));
        Assert.Equal(Engine.Scan(1).Select(e => (Text(e.Key), e.Header)), Engine.ScanHeaders(1).Select(e => (Text(e.Key), e.Header)));
        Assert.Equal(["b", "c"], Engine.ScanHeaders(2, "a"u8.ToArray()).Select(e => Text(e.Key)));
        Assert.False(Engine.TryGetHeader(1, "b"u8, out _));
        Assert.False(Engine.TryGetHeader(1, default, out _));
        Assert.Throws<ArgumentOutOfRangeException>(() => Engine.TryGetHeader(StorageLimits.SlotCount, "a"u8, out _));
        Assert.Throws<ArgumentOutOfRangeException>(() => Engine.ScanHeaders(StorageLimits.SlotCount));
    }

    [Fact]
    public void ScanHeaders_WrittenToWhileRunning_ShowsTheStateOfItsFirstStep()
    {
        Write(Enumerable.Range(0, 300).Select<int, Action<StorageBatch>>(i => batch => batch.Put(1, Entry($"key{i:d3}", "old"))).ToArray());

        using var scan = Engine.ScanHeaders(1).GetEnumerator();
        Assert.True(scan.MoveNext());
        Write(batch => batch.Put(1, Entry("key100", "newer", 2)), batch => batch.Remove(1, "key200"u8.ToArray()));
        var rest = 0;
        while (scan.MoveNext())
        {
            rest++;
            Assert.Equal((3, 1ul), (scan.Current.Header.ValueBytes, scan.Current.Header.Version.Counter));
        }

        Assert.Equal(299, rest);
    }

    [Fact]
    public void Metadata_PutReplacedAndRemoved_IsKeptApartFromEntries()
    {
        Assert.Null(Engine.GetMetadata("view"));

        Write(batch => batch.PutMetadata("view", [1, 2, 3]), batch => batch.PutMetadata("empty", []));
        Assert.Equal([1, 2, 3], Engine.GetMetadata("view"));
        Assert.Empty(Assert.IsType<byte[]>(Engine.GetMetadata("empty")));
        Assert.Null(Engine.GetMetadata("vie"));

        Write(batch => batch.PutMetadata("view", [4]));
        Assert.Equal([4], Engine.GetMetadata("view"));

        Write(batch => batch.PutMetadata("view", null));
        Assert.Null(Engine.GetMetadata("view"));
        Assert.All(Enumerable.Range(0, StorageLimits.SlotCount), slot => Assert.Empty(Engine.Scan(slot)));
    }

    [Fact]
    public void Estimate_EntriesComeAndGo_IsAboutRight()
    {
        var before = Engine.Estimate();
        for (var i = 0; i < 1_000; i++)
        {
            Write(batch => batch.Put(i, Entry($"key{i}", new string('x', 200))));
        }

        var full = Engine.Estimate();
        Assert.InRange(before.Entries, 0, 10);
        Assert.InRange(full.Entries, 900, 1_100);
        Assert.InRange(full.Bytes - before.Bytes, 100_000, 2_000_000);
    }

    [Fact]
    public void Write_WithAndWithoutSync_BothAreReadable()
    {
        var batch = new StorageBatch();
        batch.Put(1, Entry("synced", "1"));
        Engine.Write(batch, sync: true);
        Write(other => other.Put(1, Entry("written", "2")));
        Engine.Sync();
        Engine.Write(new StorageBatch(), sync: true);

        Assert.Equal(["synced", "written"], Keys(Engine.Scan(1)));
    }

    [Fact]
    public void AnyCall_AfterDispose_Throws()
    {
        Write(batch => batch.Put(1, Entry("key", "value")));
        var scan = Engine.Scan(1).GetEnumerator();
        Engine.Dispose();
        Engine.Dispose();

        Assert.Throws<ObjectDisposedException>(() => Engine.TryGet(1, "key"u8, out _));
        Assert.Throws<ObjectDisposedException>(() => Engine.Write(new StorageBatch(), false));
        Assert.Throws<ObjectDisposedException>(Engine.Sync);
        Assert.Throws<ObjectDisposedException>(() => Engine.GetMetadata("view"));
        Assert.Throws<ObjectDisposedException>(() => scan.MoveNext());
        Assert.Throws<ObjectDisposedException>(() => Engine.TryGetHeader(1, "key"u8, out _));
    }

    [Fact]
    public async Task Write_ReadersAtWork_EveryReadIsWholeAndGoesForward()
    {
        const int Rounds = 300;
        var done = false;
        var readers = Enumerable.Range(0, 3).Select(reader => Task.Run(() =>
        {
            var (last, reads) = (0UL, 0);
            while (!Volatile.Read(ref done) || reads == 0)
            {
                reads++;
                if (!Engine.TryGet(5, "first"u8, out var first))
                {
                    continue;
                }

                Assert.True(first.Version.Counter >= last, "A read went back.");
                Assert.Equal(first.Version.Counter.ToString(), Text(first.Value));
                last = first.Version.Counter;

                var both = Engine.Scan(5).ToList();
                Assert.Equal(2, both.Count);
                Assert.Equal(both[0].Version, both[1].Version);
                Assert.True(both[0].Version.Counter >= last, "A scan went back.");
                Assert.True(Engine.TryGet(900, "last"u8, out var other) && other.Version.Counter >= last, "A batch showed in part.");
            }
        })).ToArray();

        for (var round = 1UL; round <= Rounds; round++)
        {
            var text = round.ToString();
            Write(
                batch => batch.Put(5, Entry("first", text, round)),
                batch => batch.Put(5, Entry("second", text, round)),
                batch => batch.Put(900, Entry("last", text, round)));
        }

        Volatile.Write(ref done, true);
        await Task.WhenAll(readers).WaitAsync(TimeSpan.FromMinutes(1));
    }

    private protected void Write(params Action<StorageBatch>[] changes) => Engine.Write(Batch(changes), sync: false);

    private protected StoredEntry Get(int slot, string key)
    {
        Assert.True(Engine.TryGet(slot, Encoding.UTF8.GetBytes(key), out var entry), $"{key} is not there.");
        return entry;
    }
}
