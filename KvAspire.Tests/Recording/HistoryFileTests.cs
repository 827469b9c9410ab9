using KvAspire.Checking;
using KvAspire.Checking.Histories;
using KvAspire.Tests.Storage;

namespace KvAspire.Tests.Recording;

public sealed class HistoryFileTests
{
    [Fact]
    public async Task Read_VersionsAndStatuses_AreTheSameAndCheckedAgain()
    {
        using var directory = new TemporaryDirectory();
        var path = directory["history.jsonl"];
        var history = new History();
        history.Add("key", new Operation(OperationKind.Write, "a", null, 0, 1, OperationOutcome.Ok) { Version = new StoreVersion(1, 2, 3), Status = 201 });
        history.Add("key", new Operation(OperationKind.Read, "a", null, 2, 3, OperationOutcome.Ok) { Version = new StoreVersion(1, 2, 2), Status = 200 });
        history.Add("key", new Operation(OperationKind.WriteIfExists, null, null, 4, 5, OperationOutcome.Ok) { Status = 204 });

        await HistoryFile.WriteAsync(path, history);
        var again = await HistoryFile.ReadAsync(path);

        Assert.Equal(history.Of("key"), again.Of("key"));
        Assert.Equal([Anomaly.VersionNotUnique, Anomaly.VersionWentBack], HistoryChecker.Check(again, 0).Violations.Select(v => v.Kind).Order().Reverse());
    }

    [Fact]
    public async Task Read_NoVersion_IsRefused()
    {
        using var directory = new TemporaryDirectory();
        var path = directory["history.jsonl"];
        await File.WriteAllTextAsync(path, """{"key":"a","kind":"Read","start":1,"end":4,"outcome":"Ok","version":"1.2"}""");

        await Assert.ThrowsAsync<InvalidDataException>(() => HistoryFile.ReadAsync(path));
    }
}
