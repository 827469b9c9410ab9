using KvAspire.Checking;
using KvAspire.Checking.Histories;

namespace KvAspire.Tests.Faults;

public sealed class FaultTableTests
{
    [Fact]
    public void Of_Run_SaysWhatCouldNotBeShown()
    {
        var table = FaultTable.Of(Run([], ["key-1", "key-2"], ["node1 has ended by itself."], new() { [FaultKind.AddNode] = 2, [FaultKind.FillDisk] = 1 }));

        var head = table.Split('\n')[0];
        Assert.Contains("2 keys undecided", head, StringComparison.Ordinal);
        Assert.Contains("1 troubles", head, StringComparison.Ordinal);
        Assert.Contains("3 planned faults left out", head, StringComparison.Ordinal);
        Assert.Contains("900 operations (15/s) on 7 keys", head, StringComparison.Ordinal);
        Assert.Contains("100 reads in the end", head, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_Violations_CountWhereTheyBelong()
    {
        var table = FaultTable.Of(Run([Found(Anomaly.LostWrite, 150), Found(Anomaly.VersionWentBack, 150), Found(Anomaly.WrongStatus, 250)], [], [], []));

        Assert.Contains("| primary killed | 1 | 400 | 0 | 1 | 1 |", table, StringComparison.Ordinal);
        Assert.Contains("| standby killed | 1 | 400 | 5 | 0 | 1 |", table, StringComparison.Ordinal);
        Assert.Contains("| **all** | 2 | 800 | 5 | 1 | 2 |", table, StringComparison.Ordinal);
    }

    private static Violation Found(Anomaly kind, long end) =>
        new("key", kind, [new Operation(OperationKind.Read, null, null, end - 10, end, OperationOutcome.Ok)]);

    private static FaultRunResult Run(
        IReadOnlyList<Violation> violations, IReadOnlyList<string> undecided, IReadOnlyList<string> troubles, Dictionary<FaultKind, int> leftOut) => new(
        new FaultRunOptions(),
        TimeSpan.FromMinutes(1),
        900,
        [new FaultRecord(1, FaultKind.KillPrimary, "kill", 100, 100, 0), new FaultRecord(2, FaultKind.KillStandby, "kill", 200, 500, 0)],
        leftOut,
        [TimeSpan.Zero, TimeSpan.Zero],
        TimeSpan.Zero,
        new HistoryReport(1000, 5, 7, violations, undecided),
        troubles,
        [],
        new History());
}
