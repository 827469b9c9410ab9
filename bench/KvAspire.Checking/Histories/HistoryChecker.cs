using System.Collections.Concurrent;

namespace KvAspire.Checking.Histories;

/// <summary>Checks whole histories: linearizability is a property of each key by itself (Herlihy and Wing 1990, locality).</summary>
internal static class HistoryChecker
{
    /// <summary>Checks all keys, on all processors.</summary>
    /// <param name="history">Nobody adds to it any more.</param>
    /// <param name="expirySlack">See <see cref="Expiries.AddTo"/>.</param>
    public static HistoryReport Check(History history, long expirySlack)
    {
        var violations = new ConcurrentBag<Violation>();
        var undecided = new ConcurrentBag<string>();
        Parallel.ForEach(history.Keys, key =>
        {
            switch (Check(key, history.Of(key), expirySlack, out var violation))
            {
                case false:
                    violations.Add(violation!);
                    break;
                case null:
                    undecided.Add(key);
                    break;
            }
        });
        return new HistoryReport(
            history.Count,
            history.Unknown,
            history.Keys.Count,
            [.. violations.OrderBy(v => v.Shortest.Count).ThenBy(v => v.Key, StringComparer.Ordinal)],
            [.. undecided.Order(StringComparer.Ordinal)]);
    }

    /// <summary>Checks one key; null if the search took too long.</summary>
    public static bool? Check(string key, IReadOnlyCollection<Operation> operations, long expirySlack, out Violation? violation)
    {
        violation = null;
        var all = Expiries.AddTo(operations, expirySlack);
        var told = LinearizabilityChecker.IsLinearizable(all);
        if (told == false)
        {
            var shortest = ShortestHistory.Of(all);
            violation = new Violation(key, KindOf(shortest), shortest);
        }

        return told;
    }

    private static Anomaly KindOf(IReadOnlyList<Operation> shortest)
    {
        bool IsWrittenFor(Operation read) => read.Value is null
            || shortest.Any(o => o.Kind != OperationKind.Read && o.Value == read.Value && o.Start <= read.End);

        // The history ends with the first answer that cannot be explained.
        var last = shortest.Where(o => o.Outcome != OperationOutcome.Unknown).MaxBy(o => o.End);
        return shortest.Any(o => o.Kind == OperationKind.Read && !IsWrittenFor(o)) ? Anomaly.ValueFromNowhere
            : last is not { Kind: OperationKind.Read } ? Anomaly.WrongCondition
            : last.Value is null ? Anomaly.LostWrite
            : Anomaly.StaleRead;
    }
}
