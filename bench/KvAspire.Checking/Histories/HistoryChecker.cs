using System.Collections.Concurrent;

namespace KvAspire.Checking.Histories;

/// <summary>
/// Checks whole histories: linearizability is a property of each key by itself (Herlihy and Wing 1990, locality). What was told beside the
/// values, versions and statuses, is checked by itself, also where the search takes too long.
/// </summary>
internal static class HistoryChecker
{
    /// <summary>Checks all keys, on all processors.</summary>
    /// <param name="history">Nobody adds to it any more.</param>
    /// <param name="expirySlack">See <see cref="Expiries.AddTo"/>.</param>
    /// <param name="budget">See <see cref="LinearizabilityChecker.IsLinearizable"/>.</param>
    public static HistoryReport Check(History history, long expirySlack, int budget = LinearizabilityChecker.Budget)
    {
        var violations = new ConcurrentBag<Violation>();
        var undecided = new ConcurrentBag<string>();
        Parallel.ForEach(history.Keys, key =>
        {
            var operations = history.Of(key);
            foreach (var wrong in WrongByThemselves(key, operations))
            {
                violations.Add(wrong);
            }

            switch (Check(key, operations, expirySlack, budget, out var violation))
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
            [.. violations.OrderByDescending(v => v.IsOfOrder).ThenBy(v => v.Shortest.Count).ThenBy(v => v.Key, StringComparer.Ordinal)],
            [.. undecided.Order(StringComparer.Ordinal)]);
    }

    private static IEnumerable<Violation> WrongByThemselves(string key, IReadOnlyCollection<Operation> operations)
    {
        if (VersionChecker.FirstMismatch(operations) is { } mismatch)
        {
            yield return new Violation(key, Anomaly.VersionNotUnique, mismatch);
        }

        if (VersionChecker.FirstStepBack(operations) is { } stepBack)
        {
            yield return new Violation(key, Anomaly.VersionWentBack, stepBack);
        }

        if (operations.FirstOrDefault(StatusChecker.IsWrong) is { } wrong)
        {
            yield return new Violation(key, Anomaly.WrongStatus, [wrong]);
        }
    }

    /// <summary>Checks one key; null if the search took too long.</summary>
    private static bool? Check(string key, IReadOnlyCollection<Operation> operations, long expirySlack, int budget, out Violation? violation)
    {
        violation = null;
        var all = Expiries.AddTo(operations, expirySlack);
        var told = LinearizabilityChecker.IsLinearizable(all, budget);
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
