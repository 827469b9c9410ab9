using System.Collections.Concurrent;

namespace KvAspire.Tests.Faults;

/// <summary>The short form of what <c>dotnet run --project KvAspire.Tests -- faults</c> does for longer.</summary>
public sealed class FaultRunTests
{
    [Fact]
    public async Task Run_EveryKindOfFaultOnRealProcesses_IsLinearizableAndHeals()
    {
        var options = new FaultRunOptions
        {
            Time = TimeSpan.FromSeconds(25),
            AtLeastFaults = Enum.GetValues<FaultKind>().Length,
            Seed = 4,
            Gap = TimeSpan.FromSeconds(1.2),
            Clients = 8,
            Rate = 300,
        };
        var lines = new ConcurrentQueue<string>();

        var result = await new FaultRun(options, lines.Enqueue).RunAsync(CancellationToken.None);

        Assert.True(result.IsWell, $"{result.Report}\n{string.Join('\n', result.Troubles)}\n{string.Join('\n', result.Report.Violations)}\n{string.Join('\n', lines)}");
        Assert.True(result.Operations > 500, string.Join('\n', lines));

        // Some cannot be done when they are due, on a busy machine more of them.
        Assert.True(result.Faults.Count >= 8, string.Join('\n', lines));
        Assert.Contains("| **all** |", FaultTable.Of(result), StringComparison.Ordinal);
    }
}
