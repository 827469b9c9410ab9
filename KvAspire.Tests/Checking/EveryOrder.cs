using KvAspire.Checking;

namespace KvAspire.Tests.Checking;

/// <summary>Linearizability by its definition: some order of the operations explains all answers. For short histories only.</summary>
internal static class EveryOrder
{
    public static bool Explains(IReadOnlyList<Operation> history) => Explains([.. history], null);

    private static bool Explains(List<Operation> left, string? state)
    {
        if (left.All(o => o.Outcome == OperationOutcome.Unknown))
        {
            return true;
        }

        var firstEnd = left.Where(o => o.Outcome != OperationOutcome.Unknown).Min(o => o.End);
        foreach (var next in left.Where(o => o.Start <= firstEnd && !IsHeldBack(o, left)))
        {
            // What is of unknown outcome and does not pass might as well never come.
            var passes = next.Kind switch
            {
                OperationKind.Read => state == next.Value,
                OperationKind.WriteIfExists => state is not null,
                OperationKind.WriteIfAbsent => state is null,
                OperationKind.WriteIfMatch => state is not null && state == next.Expected,
                OperationKind.WriteIfNoMatch => state is null || state != next.Expected,
                _ => true,
            };
            var after = next.Kind switch
            {
                OperationKind.Read => state,
                OperationKind.Expiry => state == next.Expected ? null : state,
                _ => next.Outcome == OperationOutcome.NotPassed ? state : next.Value,
            };
            if (passes == (next.Outcome != OperationOutcome.NotPassed) && Explains([.. left.Where(o => !ReferenceEquals(o, next))], after))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>A value cannot go before it is there; a write of unknown outcome may never have been, and nothing waits for it.</summary>
    private static bool IsHeldBack(Operation operation, List<Operation> left) => operation.Kind == OperationKind.Expiry
        && left.Exists(o => o is { Kind: not OperationKind.Read, Outcome: OperationOutcome.Ok } && o.Value == operation.Expected);
}
