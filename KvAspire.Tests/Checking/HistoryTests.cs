using KvAspire.Checking;
using KvAspire.Checking.Histories;
using KvAspire.Tests.Storage;

namespace KvAspire.Tests.Checking;

public sealed class HistoryTests
{
    private const long Slack = 100;

    [Fact]
    public async Task Read_WhatWasWritten_IsTheSameHistoryAndTheSameVerdict()
    {
        using var directory = new TemporaryDirectory();
        var path = Path.Combine(directory.Path, "history.jsonl");
        var history = new History();
        history.Add("a/ä \"1\"", new Operation(OperationKind.Write, "1", null, 10, 20, OperationOutcome.Ok) { Client = 3, TimeToLive = 5000 });
        history.Add("a/ä \"1\"", new Operation(OperationKind.WriteIfMatch, null, "1", 21, 0, OperationOutcome.Unknown) { Client = 4 });
        history.Add("b", new Operation(OperationKind.Write, "x", null, 1, 2, OperationOutcome.Ok));
        history.Add("b", new Operation(OperationKind.Read, null, null, 3, 4, OperationOutcome.Ok));

        await HistoryFile.WriteAsync(path, history);
        var again = await HistoryFile.ReadAsync(path);

        Assert.Equal(4, (await File.ReadAllLinesAsync(path)).Length);
        Assert.Equal(history.Keys.Order(), again.Keys.Order());
        Assert.All(history.Keys, key => Assert.Equal(history.Of(key), again.Of(key)));
        Assert.Equal((history.Count, history.Unknown), (again.Count, again.Unknown));
        var report = HistoryChecker.Check(again, Slack);
        var violation = Assert.Single(report.Violations);
        Assert.Equal(("b", Anomaly.LostWrite), (violation.Key, violation.Kind));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("not json")]
    [InlineData("null")]
    [InlineData("""{"key":"a","kind":"Read","start":5,"end":4,"outcome":"Ok"}""")]
    [InlineData("""{"key":"a","kind":"Read","start":5,"outcome":"Ok"}""")]
    [InlineData("""{"key":"a","kind":"WriteIfMatch","value":"x","start":5,"outcome":"Unknown"}""")]
    [InlineData("""{"key":"a","kind":"WriteIfNoMatch","value":"x","start":5,"outcome":"Unknown"}""")]
    [InlineData("""{"key":"a","kind":"Expiry","start":5,"end":6,"outcome":"Ok"}""")]
    [InlineData("""{"key":"a","kind":"Guess","start":5,"outcome":"Unknown"}""")]
    public async Task Read_LineThatIsNoOperation_IsRefusedWithItsNumber(string line)
    {
        using var directory = new TemporaryDirectory();
        var path = Path.Combine(directory.Path, "history.jsonl");
        await File.WriteAllLinesAsync(path, ["""{"key":"a","kind":"Read","start":1,"end":4,"outcome":"Ok"}""", "", line]);

        var refused = await Assert.ThrowsAsync<InvalidDataException>(() => HistoryFile.ReadAsync(path));

        Assert.StartsWith("Line 3 ", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_SeveralKeys_CountsEachByItself()
    {
        var history = new History();
        Add(history, "well", OperationKind.Write, "1", 0, 1);
        Add(history, "well", OperationKind.Read, "1", 2, 3);
        Add(history, "stale", OperationKind.Write, "1", 0, 1);
        Add(history, "stale", OperationKind.Write, "2", 2, 3);
        Add(history, "stale", OperationKind.Read, "1", 4, 5);
        Add(history, "future", OperationKind.Read, "1", 0, 1);
        Add(history, "future", OperationKind.Write, "1", 2, 3);
        history.Add("future", new Operation(OperationKind.Write, "2", null, 4, 0, OperationOutcome.Unknown));

        var report = HistoryChecker.Check(history, Slack);

        Assert.Equal((8, 1, 3), (report.Operations, report.Unknown, report.Keys));
        Assert.Equal(["future", "stale"], report.Violations.Select(v => v.Key).Order());
        Assert.Equal(1, report.CountOf(Anomaly.StaleRead));
        Assert.Equal(1, report.CountOf(Anomaly.ValueFromNowhere));
        Assert.False(report.IsWell);
        Assert.Contains("client", report.Violations[0].ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Check_MoreBranchesThanCanBeSearched_IsUndecidedRatherThanWell()
    {
        // Conditional writes of unknown outcome, none of which can be told to have been first.
        var history = new History();
        for (var i = 0; i < 40; i++)
        {
            history.Add("key", new Operation(OperationKind.WriteIfAbsent, $"{i}", null, 0, 0, OperationOutcome.Unknown));
            history.Add("key", new Operation(OperationKind.WriteIfMatch, null, $"{i}", 0, 0, OperationOutcome.Unknown));
            history.Add("key", new Operation(OperationKind.WriteIfNoMatch, $"n{i}", $"{i}", 0, 0, OperationOutcome.Unknown));
        }

        Add(history, "key", OperationKind.Read, "never written", 100, 101);

        var report = HistoryChecker.Check(history, Slack, budget: 2000);

        Assert.Equal(["key"], report.Undecided);
        Assert.False(report.IsWell);
    }

    [Theory]
    [InlineData(1150, null, true)]
    [InlineData(500, null, false)]
    [InlineData(500, "1", true)]
    [InlineData(1050, "1", true)]
    [InlineData(1300, "1", false)]
    public void Check_ValueForATime_GoesWithinItsTimeAndSlack(long when, string? seen, bool isWell)
    {
        var history = new History();
        history.Add("key", new Operation(OperationKind.Write, "1", null, 0, 10, OperationOutcome.Ok) { TimeToLive = 1000 });
        Add(history, "key", OperationKind.Read, seen, when, when + 1);

        Assert.Equal(isWell, HistoryChecker.Check(history, Slack).IsWell);
    }

    [Theory]
    [InlineData(20, null, true)]
    [InlineData(20, "1", true)]
    [InlineData(150, "1", true)]
    [InlineData(200, null, true)]
    [InlineData(200, "1", false)]
    [InlineData(600_000, "1", false)]
    public void Check_ValueForATimeWithinTheSlack_GoesBeforeBothAreOver(long when, string? seen, bool isWell)
    {
        var history = new History();
        history.Add("key", new Operation(OperationKind.Write, "1", null, 0, 10, OperationOutcome.Ok) { TimeToLive = Slack / 2 });
        Add(history, "key", OperationKind.Read, seen, when, when + 1);

        Assert.Equal(isWell, HistoryChecker.Check(history, Slack).IsWell);
    }

    [Fact]
    public void Check_ValueForAsLongAsTheSlack_GoesBeforeBothAreOver()
    {
        var history = new History();
        history.Add("key", new Operation(OperationKind.Write, "1", null, 0, 10, OperationOutcome.Ok) { TimeToLive = Slack });
        Add(history, "key", OperationKind.Read, "1", 211, 212);

        var report = HistoryChecker.Check(history, Slack);

        var violation = Assert.Single(report.Violations);
        Assert.Equal(Anomaly.StaleRead, violation.Kind);
        Assert.Equal([OperationKind.Write, OperationKind.Expiry, OperationKind.Read], violation.Shortest.Select(o => o.Kind));
    }

    [Fact]
    public void Check_ValueForATimeWasReplaced_DoesNotTakeTheNewOneAway()
    {
        var history = new History();
        history.Add("key", new Operation(OperationKind.Write, "1", null, 0, 10, OperationOutcome.Ok) { TimeToLive = 1000 });
        Add(history, "key", OperationKind.Write, "2", 20, 30);
        Add(history, "key", OperationKind.Read, null, 1200, 1201);

        Assert.False(HistoryChecker.Check(history, Slack).IsWell);
    }

    private static void Add(History history, string key, OperationKind kind, string? value, long start, long end) =>
        history.Add(key, new Operation(kind, value, null, start, end, OperationOutcome.Ok));
}
