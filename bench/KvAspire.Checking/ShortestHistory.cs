namespace KvAspire.Checking;

/// <summary>
/// Finds the part of a history that cannot be explained, so that a person can see what is wrong.
/// </summary>
/// <remarks>
/// Only steps are taken that cannot make an error where there was none: if the history were linearizable, it would still
/// be so after each of them. An observation is left out; a condition is left out of a write; a write that was acknowledged
/// is taken for one that may never have happened; and such a write is left out if nobody who is left could have seen it. A step
/// stays if the history is still not linearizable. So each read value that remains has its write beside it.
/// </remarks>
internal static class ShortestHistory
{
    /// <summary>A step that takes longer than this to judge is not taken: the result may then be longer than it could be.</summary>
    private const int Budget = 10_000;

    /// <summary>The operations that remain, in the order of their starts.</summary>
    /// <param name="history">A history of one key for which <see cref="LinearizabilityChecker.IsLinearizable"/> is false.</param>
    public static IReadOnlyList<Operation> Of(IReadOnlyCollection<Operation> history)
    {
        var end = LinearizabilityChecker.FirstContradiction(history);
        var rest = LinearizabilityChecker.UpTo(history, end).OrderBy(o => o.Start).ToList();
        var unconditional = rest.ConvertAll(WithoutCondition);
        if (IsStillWrong(unconditional))
        {
            rest = unconditional;
        }

        int before;
        do
        {
            before = Size(rest);
            LeaveOut(rest);
            Weaken(rest);
            LeaveOut(rest);
        }
        while (Size(rest) < before);
        return Readable(rest, history);
    }

    /// <summary>Says again what is known of the operations that remain, and beside a value that nobody had written who wrote it later.</summary>
    private static List<Operation> Readable(List<Operation> rest, IReadOnlyCollection<Operation> history)
    {
        List<Operation> readable = [.. rest.Select(o => Original(o, history) is var known && known.Outcome == OperationOutcome.NotPassed
            ? known
            : o with { Outcome = known.Outcome, End = known.End })];
        var unwritten = readable.Where(o => o.Value is not null && !readable.Exists(w => w.Kind != OperationKind.Read && w.Value == o.Value));
        var later = unwritten.SelectMany(o => history.Where(w => w.Kind != OperationKind.Read && w.Value == o.Value)).Distinct().ToList();
        return [.. readable.Concat(later).OrderBy(o => o.Start)];
    }

    private static Operation Original(Operation operation, IReadOnlyCollection<Operation> history) => history.First(o =>
        o.Start == operation.Start && o.Client == operation.Client && o.Value == operation.Value
        && (o.Kind == operation.Kind || operation.Kind == OperationKind.Write));

    /// <summary>Falls with every step.</summary>
    private static int Size(List<Operation> rest) =>
        rest.Sum(o => 4 + (o.Outcome == OperationOutcome.Unknown ? 0 : 1) + (o.Kind is OperationKind.Write or OperationKind.Read ? 0 : 1));

    /// <summary>Leaves out as many operations as possible: first halves of the history, at last single ones.</summary>
    private static void LeaveOut(List<Operation> rest)
    {
        for (var length = Math.Max(1, rest.Count / 2); length > 0; length /= 2)
        {
            for (var from = rest.Count - length; from >= 0; from -= length)
            {
                var changed = rest.Where((o, i) => i < from || i >= from + length || !MayGo(o)).ToList();
                var chunk = rest.Skip(from).Take(length).ToHashSet(ReferenceEqualityComparer.Instance);
                var without = changed.FindAll(o => !chunk.Contains(o) || !NobodyElseSees(o.Value, changed, o));
                if (without.Count < rest.Count && IsStillWrong(without))
                {
                    rest.Clear();
                    rest.AddRange(without);
                    from = Math.Min(from, rest.Count);
                }
            }
        }

        for (var i = rest.Count - 1; i >= 0; i--)
        {
            if (i < rest.Count && rest[i].Outcome == OperationOutcome.Unknown && NobodyElseSees(rest[i].Value, rest, rest[i]))
            {
                var without = rest.Where((_, at) => at != i).ToList();
                if (IsStillWrong(without))
                {
                    rest.RemoveAt(i);
                }
            }
        }
    }

    /// <summary>Makes each write that is left as weak as it can be.</summary>
    private static void Weaken(List<Operation> rest)
    {
        for (var i = 0; i < rest.Count; i++)
        {
            var operation = rest[i];
            if (operation.Kind == OperationKind.Read || operation.Outcome == OperationOutcome.NotPassed)
            {
                continue;
            }

            Try(rest, i, operation with { Outcome = OperationOutcome.Unknown });
            Try(rest, i, WithoutCondition(rest[i]));
        }
    }

    private static Operation WithoutCondition(Operation operation) =>
        operation.Kind is OperationKind.Read or OperationKind.Expiry || operation.Outcome == OperationOutcome.NotPassed
            ? operation
            : operation with { Kind = OperationKind.Write, Expected = null };

    private static void Try(List<Operation> rest, int index, Operation weaker)
    {
        var operation = rest[index];
        rest[index] = weaker;
        if (!IsStillWrong(rest))
        {
            rest[index] = operation;
        }
    }

    /// <summary>It changes nothing, so the others are explained without it if they are with it.</summary>
    private static bool MayGo(Operation operation) =>
        operation.Kind == OperationKind.Read || operation.Outcome == OperationOutcome.NotPassed;

    /// <summary>No other operation could have noticed that this value (null for none) was there rather than the one before.</summary>
    private static bool NobodyElseSees(string? value, List<Operation> rest, Operation self) => rest.All(o =>
        ReferenceEquals(o, self) || o.Kind switch
        {
            OperationKind.Read => o.Value != value,
            OperationKind.Write => true,
            OperationKind.WriteIfMatch when o.Outcome != OperationOutcome.NotPassed => o.Expected != value,
            OperationKind.Expiry => o.Expected != value,
            OperationKind.WriteIfAbsent when o.Outcome != OperationOutcome.NotPassed => value is not null,
            _ => false,
        });

    private static bool IsStillWrong(List<Operation> rest) => LinearizabilityChecker.IsLinearizable(rest, Budget) == false;
}
