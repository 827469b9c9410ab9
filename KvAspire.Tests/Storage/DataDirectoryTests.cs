using System.Globalization;
using System.Text.Json.Nodes;
using KvAspire.Node.Storage;

namespace KvAspire.Tests.Storage;

public sealed class DataDirectoryTests : IDisposable
{
    private readonly TemporaryDirectory _temporary = new();

    private string Data => _temporary["data"];

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void Open_NewDirectory_GivesANewStore()
    {
        using var one = DataDirectory.Open(Data, "node1");
        using var other = DataDirectory.Open(_temporary["other"], "node2");

        Assert.Matches("^[0-9a-f]{32}$", one.StoreId);
        Assert.Equal(1UL, one.Start);
        Assert.NotEqual(one.StoreId, other.StoreId);
    }

    [Fact]
    public void Open_Again_KeepsTheStoreAndCountsTheStart()
    {
        var (store, _) = OpenStorage();

        Assert.Equal((store, 2UL), OpenStorage());
        Assert.Equal((store, 3UL), OpenStorage());
    }

    [Theory]
    [InlineData("boot1", "boot1", false, false, 0)]
    [InlineData("boot1", "boot2", false, false, 2)]
    [InlineData("boot1", "boot2", true, false, 0)]
    [InlineData("boot1", "boot2", false, true, 0)]
    [InlineData(null, "boot2", false, false, 0)]
    [InlineData("boot1", null, false, false, 0)]
    public void Open_AfterAnEndOfTheSystem_KnowsWhetherAnythingMayBeLost(string? before, string? after, bool isSynced, bool isClosed, ulong wholeSince)
    {
        // With a database, else the store would be a new one.
        Directory.CreateDirectory(Path.Combine(Data, "db"));
        using (var first = DataDirectory.Open(Data, "node1", before, isSynced))
        {
            File.WriteAllText(Path.Combine(Data, "db", "CURRENT"), "");
            if (isClosed)
            {
                first.MarkClosed();
            }
        }

        using (var second = DataDirectory.Open(Data, "node1", after, isSynced))
        {
            Assert.Equal((2ul, wholeSince), (second.Start, second.WholeSince));
        }

        // Once lost, it stays lost, whatever later starts do.
        using var third = DataDirectory.Open(Data, "node1", after, isSynced);
        Assert.Equal((3ul, wholeSince), (third.Start, third.WholeSince));
    }

    [Theory]
    [InlineData("boot1", "boot1", false, false)]
    [InlineData("boot1", "boot1", true, false)]
    [InlineData("boot1", "boot2", false, true)]
    [InlineData("boot1", "boot2", true, false)]
    [InlineData(null, null, false, true)]
    public void IsTorn_OnlyAfterWhatMayHaveBeenAPowerCut_UntilItIsMended(string? before, string? after, bool isClosed, bool isTorn)
    {
        Directory.CreateDirectory(Path.Combine(Data, "db"));
        using (var first = DataDirectory.Open(Data, "node1", before))
        {
            Assert.False(first.IsTorn);
            File.WriteAllText(Path.Combine(Data, "db", "CURRENT"), "");
            if (isClosed)
            {
                first.MarkClosed();
            }
        }

        // Killed before the database was opened.
        using (var second = DataDirectory.Open(Data, "node1", after))
        {
            Assert.Equal(isTorn, second.IsTorn);
        }

        using (var third = DataDirectory.Open(Data, "node1", after))
        {
            Assert.Equal(isTorn, third.IsTorn);
            third.MarkMended();
            Assert.False(third.IsTorn);
            third.MarkClosed();
        }

        using var fourth = DataDirectory.Open(Data, "node1", after);
        Assert.False(fourth.IsTorn);
    }

    [Theory]
    [InlineData(false, 2)]
    [InlineData(true, 0)]
    public void Open_AfterASyncThatFailed_IsAsAfterAPowerCut(bool isSynced, ulong wholeSince)
    {
        Directory.CreateDirectory(Path.Combine(Data, "db"));
        using (var first = DataDirectory.Open(Data, "node1", "boot1", isSynced))
        {
            File.WriteAllText(Path.Combine(Data, "db", "CURRENT"), "");
            first.MarkFailedSync();
        }

        using (var second = DataDirectory.Open(Data, "node1", "boot1", isSynced))
        {
            Assert.Equal((wholeSince, true), (second.WholeSince, second.IsTorn));
            second.MarkMended();
        }

        using var third = DataDirectory.Open(Data, "node1", "boot1", isSynced);
        Assert.Equal((wholeSince, false), (third.WholeSince, third.IsTorn));
    }

    [Fact]
    public void Open_DirectoriesAboveItAreNotThere_MakesThemAll()
    {
        using var directory = DataDirectory.Open(Path.Combine(Data, "a", "b"), "node1");

        Assert.True(File.Exists(Path.Combine(Data, "a", "b", "node.json")));
    }

    [Fact]
    public void Open_SyncedFromNowOn_DoesNotSpeakForWhatCameBefore()
    {
        Directory.CreateDirectory(Path.Combine(Data, "db"));
        DataDirectory.Open(Data, "node1", "boot1").Dispose();
        File.WriteAllText(Path.Combine(Data, "db", "CURRENT"), "");

        // Killed before it had read, let alone synced, what the first one left.
        DataDirectory.Open(Data, "node1", "boot1", isSynced: true).Dispose();

        using var third = DataDirectory.Open(Data, "node1", "boot2", isSynced: true);
        Assert.Equal(3ul, third.WholeSince);
    }

    [Fact]
    public void Dispose_OfAStorage_LeavesNothingForAPowerCutToTake()
    {
        OpenStorage();

        Assert.Contains("\"isClosed\": true", File.ReadAllText(Path.Combine(Data, "node.json")), StringComparison.Ordinal);
        using var again = DataDirectory.Open(Data, "node1", BootId.Current);
        Assert.Contains("\"isClosed\": false", File.ReadAllText(Path.Combine(Data, "node.json")), StringComparison.Ordinal);
    }

    [Fact]
    public void Open_AfterAStartThatFailed_CountsItToo()
    {
        var (store, _) = OpenStorage();
        DataDirectory.Open(Data, "node1").Dispose();

        Assert.Equal((store, 3UL), OpenStorage());
    }

    [Fact]
    public void Open_Emptied_GivesANewStore()
    {
        var (store, _) = OpenStorage();
        Directory.Delete(Data, recursive: true);

        var (again, start) = OpenStorage();

        Assert.NotEqual(store, again);
        Assert.Equal(1UL, start);
    }

    [Fact]
    public void Open_DatabaseRemoved_GivesANewStore()
    {
        var (store, _) = OpenStorage();
        Directory.Delete(Path.Combine(Data, "db"), recursive: true);

        var (again, start) = OpenStorage();

        Assert.NotEqual(store, again);
        Assert.Equal(1UL, start);
    }

    [Fact]
    public void Open_TornReplacementLeftBehind_ReadsTheOldOne()
    {
        var (store, _) = OpenStorage();
        File.WriteAllText(Path.Combine(Data, "node.json.new"), "{ \"format\": 1, \"sto");

        Assert.Equal((store, 2UL), OpenStorage());
    }

    [Fact]
    public void Open_IdentityRemoved_Refuses()
    {
        OpenStorage();
        File.Delete(Path.Combine(Data, "node.json"));

        AssertRefused("node1", "holds data but no node.json", "empty the directory");
    }

    [Fact]
    public void Open_DatabaseWithoutItsCurrentFile_Refuses()
    {
        OpenStorage();
        File.Delete(Path.Combine(Data, "db", "CURRENT"));
        File.WriteAllText(Path.Combine(Data, "db", "000009.sst"), "");

        AssertRefused("node1", "lacks the file CURRENT", "empty the directory");
    }

    [Fact]
    public void Open_DatabaseWithoutItsCurrentFileAndTables_RefusesAndKeepsTheStore()
    {
        OpenStorage();
        var current = Path.Combine(Data, "db", "CURRENT");
        File.Move(current, current + ".away");
        foreach (var table in Directory.GetFiles(Path.Combine(Data, "db"), "*.sst"))
        {
            File.Delete(table);
        }

        var before = File.ReadAllText(Path.Combine(Data, "node.json"));
        AssertRefused("node1", "lacks the file CURRENT", "empty the directory");
        Assert.Equal(before, File.ReadAllText(Path.Combine(Data, "node.json")));
    }

    [Fact]
    public void OpenStorage_DatabaseHasLostItsBeginning_IsANewStore()
    {
        var (store, _) = OpenStorage();
        Directory.Delete(Path.Combine(Data, "db"), recursive: true);
        RocksDbStorageEngine.Open(Path.Combine(Data, "db"), new StorageOptions()).Dispose();

        var (again, start) = OpenStorage();

        Assert.NotEqual(store, again);
        Assert.Equal(1UL, start);
        Assert.Equal((again, 2UL), OpenStorage());
    }

    [Fact]
    public void OpenStorage_DatabaseHasLostItsBeginningAndHoldsMore_Refuses()
    {
        OpenStorage();
        Directory.Delete(Path.Combine(Data, "db"), recursive: true);
        using (var engine = RocksDbStorageEngine.Open(Path.Combine(Data, "db"), new StorageOptions()))
        {
            engine.Write(Entries.Batch(batch => batch.Put(1023, Entries.Entry("a", "1"))), sync: true);
        }

        var refused = Assert.Throws<DataDirectoryException>(() => OpenStorage());

        Assert.Contains("has lost what it began with", refused.Message, StringComparison.Ordinal);
        DataDirectory.Open(Data, "node1").Dispose();
    }

    [Fact]
    public void Open_OfAnotherNode_Refuses()
    {
        OpenStorage();

        AssertRefused("node2", "belongs to node node1 and not to node2", "Storage:Path");
        Assert.Equal(2UL, OpenStorage().Start);
    }

    [Fact]
    public void Open_OfANewerFormat_Refuses()
    {
        OpenStorage();
        Edit(identity => identity["format"] = 2);

        AssertRefused("node1", "has format 2", "newer version");
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{ \"format\": 1, \"store\": \"00")]
    [InlineData("{ \"format\": 1 }")]
    [InlineData("{ \"format\": 1, \"store\": \"x\", \"node\": \"node1\", \"starts\": 1 }")]
    public void Open_DamagedIdentity_Refuses(string content)
    {
        OpenStorage();
        File.WriteAllText(Path.Combine(Data, "node.json"), content);

        AssertRefused("node1", "damaged node.json", "empty the directory");
    }

    [Fact]
    public void Open_InUse_RefusesAndNamesTheHolder()
    {
        using var held = DataDirectory.Open(Data, "node1");

        AssertRefused("node1", "in use by another process", $"pid {Environment.ProcessId.ToString(CultureInfo.InvariantCulture)}", "Storage:Path");
    }

    [Fact]
    public void Open_PathUnderAFile_Refuses()
    {
        File.WriteAllText(Data, "");

        AssertRefused("node1", "cannot be written", "Storage:Path");
        var under = Assert.Throws<DataDirectoryException>(() => DataDirectory.Open(Path.Combine(Data, "deeper"), "node1"));
        Assert.Contains("cannot be written", under.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void OpenStorage_DatabaseOfAnotherStore_Refuses()
    {
        OpenStorage();
        OpenStorage(_temporary["other"]);
        Directory.Delete(Path.Combine(Data, "db"), recursive: true);
        Directory.Move(Path.Combine(_temporary["other"], "db"), Path.Combine(Data, "db"));

        var refused = Assert.Throws<DataDirectoryException>(() => OpenStorage());

        Assert.Contains("belongs to another store", refused.Message, StringComparison.Ordinal);
        DataDirectory.Open(Data, "node1").Dispose();
    }

    [Fact]
    public void OpenStorage_DamagedDatabase_ThrowsAndLetsTheDirectoryGo()
    {
        OpenStorage();
        File.WriteAllText(Path.Combine(Data, "db", "CURRENT"), "MANIFEST-999999\n");

        var refused = Assert.Throws<StorageException>(() => OpenStorage());

        Assert.Contains(Path.Combine(Data, "db"), refused.Message, StringComparison.Ordinal);
        DataDirectory.Open(Data, "node1").Dispose();
    }

    [Fact]
    public void OpenStorage_Memory_IsANewStoreEachTime()
    {
        var options = new StorageOptions { Engine = StorageEngineKind.Memory };
        using var one = NodeStorage.Open(options, "node1");
        using var other = NodeStorage.Open(options, "node1");

        Assert.Matches("^[0-9a-f]{32}$", one.StoreId);
        Assert.NotEqual(one.StoreId, other.StoreId);
        Assert.Equal((1UL, 1UL), (one.Start, other.Start));
        Assert.Equal("Memory", one.Engine.Name);
    }

    private (string StoreId, ulong Start) OpenStorage(string? path = null)
    {
        using var storage = NodeStorage.Open(new StorageOptions { Path = path ?? Data }, "node1");
        return (storage.StoreId, storage.Start);
    }

    private void Edit(Action<JsonObject> change)
    {
        var file = Path.Combine(Data, "node.json");
        var identity = JsonNode.Parse(File.ReadAllText(file))!.AsObject();
        change(identity);
        File.WriteAllText(file, identity.ToJsonString());
    }

    private void AssertRefused(string node, params string[] said)
    {
        var refused = Assert.Throws<DataDirectoryException>(() => DataDirectory.Open(Data, node));

        Assert.All(said.Append(Data), text => Assert.Contains(text, refused.Message, StringComparison.Ordinal));
        Assert.Matches(@"^The data directory [^\n]*\.$", refused.Message);
    }
}
