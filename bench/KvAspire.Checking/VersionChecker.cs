namespace KvAspire.Checking;

/// <summary>
/// Whether the versions that clients were told of one key go with each other. Each write has a version of its own, higher than all that were
/// told before it began: so this needs no search, and also judges histories that are too tangled to be searched.
/// </summary>
/// <remarks>
/// Several plain writes that the store has in hand at once may be merged. Each of them is told a version of its own all the same, and none of them was
/// answered before another one began: nothing here says which of theirs is the higher one. A value that is kept for a time has its version as
/// long as it is there.
/// </remarks>
internal static class VersionChecker
{
    /// <summary>Two answers that give one version to two values, or one value two versions; null if there are none.</summary>
    /// <param name="history">All operations of one key, in any order.</param>
    public static IReadOnlyList<Operation>? FirstMismatch(IReadOnlyCollection<Operation> history)
    {
        var byVersion = new Dictionary<StoreVersion, Operation>();
        var byValue = new Dictionary<string, Operation>();
        foreach (var operation in history.Where(TellsVersion).OrderBy(o => o.End))
        {
            var value = operation.Value!;
            if (!byVersion.TryAdd(operation.Version, operation) && byVersion[operation.Version].Value != value)
            {
                return [byVersion[operation.Version], operation];
            }

            if (!byValue.TryAdd(value, operation) && byValue[value].Version != operation.Version)
            {
                return [byValue[value], operation];
            }
        }

        return null;
    }

    /// <summary>
    /// An answer with a version that is too low, after the one that shows it: that had ended with a higher version before this one began; or with
    /// the same one, which is not given to a write again. If the key was deleted or found without a value in between, that answer stands between
    /// the two, and the same version is too low for a read as well. Null if there is none.
    /// </summary>
    /// <param name="history">All operations of one key, in any order.</param>
    public static IReadOnlyList<Operation>? FirstStepBack(IReadOnlyCollection<Operation> history)
    {
        var begun = history.Where(o => TellsVersion(o) || FoundNothing(o)).OrderBy(o => o.Start).ToArray();
        var ended = begun.OrderBy(o => o.End).ToArray();
        var gone = new Dictionary<Operation, Bound>(ReferenceEqualityComparer.Instance);
        Bound? highest = null;
        var next = 0;
        foreach (var operation in begun)
        {
            while (ended[next].End < operation.Start)
            {
                // What ended began before this one, so what it found gone is known by now.
                var end = ended[next++];
                var bound = TellsVersion(end) ? new Bound(end, null) : gone.GetValueOrDefault(end);
                highest = bound is not null && bound.IsAbove(highest) ? bound : highest;
            }

            if (highest is null)
            {
                continue;
            }

            if (!TellsVersion(operation))
            {
                gone.Add(operation, highest with { Gone = operation });
            }
            else if (highest.Forbids(operation))
            {
                return highest.Gone is { } between ? [highest.Told, between, operation] : [highest.Told, operation];
            }
        }

        return null;
    }

    private static bool TellsVersion(Operation operation) => operation is { Outcome: OperationOutcome.Ok, Value: not null, Version.IsNone: false };

    /// <summary>The key had no value at some moment of the operation: whatever is there later was written later.</summary>
    private static bool FoundNothing(Operation operation) => operation switch
    {
        { Outcome: OperationOutcome.Ok, Value: null } => true,
        { Kind: OperationKind.WriteIfExists, Outcome: OperationOutcome.NotPassed } => true,
        _ => false,
    };

    /// <summary>What an answer says about all that begins after it.</summary>
    /// <param name="Told">The highest version that was told.</param>
    /// <param name="Gone">Its value was gone when this was answered; null if nobody has said so.</param>
    private sealed record Bound(Operation Told, Operation? Gone)
    {
        public bool IsAbove(Bound? other) => other is null || Told.Version > other.Told.Version
            || (Told.Version == other.Told.Version && Gone is not null && other.Gone is null);

        public bool Forbids(Operation operation) => operation.Version < Told.Version
            || (operation.Version == Told.Version && (Gone is not null || operation.Kind != OperationKind.Read));
    }
}
