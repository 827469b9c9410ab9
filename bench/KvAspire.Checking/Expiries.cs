namespace KvAspire.Checking;

/// <summary>What the store may, and must, do by itself with values that were written for a time.</summary>
internal static class Expiries
{
    /// <summary>
    /// Adds the end of each value with a time to live: it goes within its time, give or take <paramref name="slack"/>, from
    /// when its write was under way. If the outcome of the write is unknown, it may go at any time, or never come.
    /// </summary>
    /// <param name="history">One key's operations.</param>
    /// <param name="slack">
    /// How far the store's clock may be ahead of, and jump against, the one that the times were taken from; in its unit. The
    /// cluster clock gains up to one lease length with each change of the coordinator.
    /// </param>
    public static IReadOnlyCollection<Operation> AddTo(IReadOnlyCollection<Operation> history, long slack)
    {
        if (!history.Any(o => o.TimeToLive is not null))
        {
            return history;
        }

        return
        [
            .. history,
            .. history
                .Where(o => o is { TimeToLive: not null, Kind: not OperationKind.Read, Outcome: not OperationOutcome.NotPassed, Value: not null })
                .Select(o => EndOf(o, o.TimeToLive!.Value, slack)),
        ];
    }

    private static Operation EndOf(Operation write, long timeToLive, long slack)
    {
        var first = Math.Max(write.Start, write.Start + timeToLive - slack);
        return write.Outcome == OperationOutcome.Unknown
            ? new Operation(OperationKind.WriteIfMatch, null, write.Value, first, 0, OperationOutcome.Unknown) { Client = write.Client }
            : new Operation(OperationKind.Expiry, null, write.Value, first, write.End + timeToLive + slack, OperationOutcome.Ok) { Client = write.Client };
    }
}
