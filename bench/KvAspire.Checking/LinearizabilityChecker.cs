namespace KvAspire.Checking;

/// <summary>
/// Whether what clients saw of one key can be explained by its operations having taken effect one after another, each
/// at some moment between its start and its end (linearizability: Herlihy and Wing 1990).
/// </summary>
/// <remarks>
/// The search of Wing and Gong (1993): take any operation that began before the first end among those left, see whether
/// its answer fits the state, go on, and go back if nothing fits. With the memory of Lowe (2017): a set of
/// operations done and the state reached are not searched twice. An operation of unknown outcome may be taken at any
/// time from its start on, or never. An expiry comes after the write of its value, unless the outcome of that is unknown.
/// <para>
/// Four things keep many operations of unknown outcome from being tried in all combinations. Those that nobody could tell
/// from each other (deletes; writes of values that were never seen; each under the same condition) are taken in the order of their starts only. Of
/// those that would do the same now, the one under the strictest condition is taken: the others can stand in for it later. Those
/// that can have no effect any more, because the value they wait for is gone, count as done. And one is taken only if the next
/// operation needs it: if that would have come to the same without it, the order without it explains as much.
/// </para>
/// </remarks>
internal static class LinearizabilityChecker
{
    /// <summary>States visited before the search gives up, unless told otherwise.</summary>
    public const int Budget = 3_000_000;

    private const string Unseen = "\0unseen";

    /// <summary>True or false; null if the search took too long to tell.</summary>
    /// <param name="history">All operations of one key, in any order, except those that surely failed.</param>
    /// <param name="budget">States visited before the search gives up.</param>
    public static bool? IsLinearizable(IReadOnlyCollection<Operation> history, int budget = Budget)
    {
        // A read of unknown outcome tells nothing.
        var operations = history
            .Where(o => o.Kind != OperationKind.Read || o.Outcome != OperationOutcome.Unknown)
            .OrderBy(o => o.Start)
            .ToArray();
        return new Search(WithoutUnseen(operations), budget).Run();
    }

    /// <summary>
    /// The end of the first answer that cannot be explained, in a history that is not linearizable: up to there look for
    /// the cause.
    /// </summary>
    public static long FirstContradiction(IReadOnlyCollection<Operation> history)
    {
        var ends = history.Where(o => o.Outcome != OperationOutcome.Unknown).Select(o => o.End).Order().ToList();
        var (low, high) = (0, ends.Count - 1);
        while (low < high)
        {
            var middle = (low + high) / 2;
            var isWell = IsLinearizable(UpTo(history, ends[middle])) != false;
            (low, high) = isWell ? (middle + 1, high) : (low, middle);
        }

        return ends[low];
    }

    /// <summary>
    /// What was known of a history at a time: what had no answer by then could still end in any way. What began just then counts: the
    /// search lets it come before what ended just then.
    /// </summary>
    public static Operation[] UpTo(IReadOnlyCollection<Operation> history, long time) =>
        [.. history.Where(o => o.Start <= time).Select(o => AsOf(o, time))];

    private static Operation AsOf(Operation operation, long time) => operation.Outcome == OperationOutcome.Unknown || operation.End <= time
        ? operation
        : operation with { Outcome = OperationOutcome.Unknown };

    private sealed class Search(Operation[] operations, int budget)
    {
        private readonly bool[] _done = new bool[operations.Length];
        private readonly ulong[] _set = new ulong[(operations.Length + 63) / 64];
        private readonly HashSet<Visited> _visited = [];
        private int _left = operations.Count(o => o.Outcome != OperationOutcome.Unknown);
        private readonly int[] _predecessors = Predecessors(operations);
        private readonly (int Write, int Wait)[] _waits = Waits(operations);
        private string? _state;

        /// <summary>
        /// What the state would be without the last operation, if that is of unknown outcome: what comes next must come to something
        /// else from there.
        /// </summary>
        private (bool IsThere, string? State) _without;

        /// <summary>All operations before this one are done.</summary>
        private int _firstLeft;

        public bool? Run()
        {
            var trail = new Stack<(int Operation, string? Before, (bool IsThere, string? State) Without)>();
            var next = 0;
            while (_left > 0)
            {
                var without = _without;
                if (TryTake(next, out var taken, out var before))
                {
                    trail.Push((taken, before, without));
                    next = 0;
                }
                else if (trail.TryPop(out var last))
                {
                    Undo(last.Operation, last.Before);
                    _without = last.Without;
                    next = last.Operation + 1;
                }
                else
                {
                    return false;
                }

                if (_visited.Count > budget)
                {
                    return null;
                }
            }

            return true;
        }

        /// <summary>Takes the first operation from <paramref name="from"/> on that may come next and fits.</summary>
        private bool TryTake(int from, out int taken, out string? before)
        {
            before = _state;
            var without = _without;
            var firstEnd = FirstEnd();
            for (taken = Math.Max(from, _firstLeft); taken < operations.Length && operations[taken].Start <= firstEnd; taken++)
            {
                if (!_done[taken]
                    && (_predecessors[taken] < 0 || _done[_predecessors[taken]])
                    && Fits(operations[taken], _state, out var after))
                {
                    // An expiry that comes too late to matter is taken at once and never looked back on.
                    var isFree = operations[taken].Kind == OperationKind.Expiry && IsInVain(taken);
                    var isUnknown = operations[taken].Outcome == OperationOutcome.Unknown;
                    if (!isFree && ((isUnknown && (after == before || IsOutdone(taken, firstEnd))) || ComesToTheSame(taken, without, after)))
                    {
                        continue;
                    }

                    Do(taken, after);
                    _without = isFree ? AlsoExpired(without, operations[taken]) : (isUnknown, isUnknown ? before : null);
                    if (isFree || _visited.Add(new Visited(SetOfDone(), after, _without)))
                    {
                        return true;
                    }

                    Undo(taken, before);
                    _without = without;
                }
            }

            return false;
        }

        /// <summary>The operation would have led to the same state without the one of unknown outcome just before it.</summary>
        private bool ComesToTheSame(int operation, (bool IsThere, string? State) without, string? after) =>
            without.IsThere && Fits(operations[operation], without.State, out var otherwise) && otherwise == after;

        /// <summary>Without the operation of unknown outcome before it, an expiry that is in vain may have taken the value away.</summary>
        private static (bool IsThere, string? State) AlsoExpired((bool IsThere, string? State) without, Operation expiry) =>
            without.State == expiry.Expected ? without with { State = null } : without;

        /// <summary>Another operation of unknown outcome would do the same now, and has fewer chances later.</summary>
        private bool IsOutdone(int unknown, long firstEnd)
        {
            for (var i = _firstLeft; i < operations.Length && operations[i].Start <= firstEnd; i++)
            {
                if (!_done[i]
                    && operations[i].Outcome == OperationOutcome.Unknown
                    && operations[i].Value == operations[unknown].Value
                    && IsStricter(operations[i], operations[unknown])
                    && Fits(operations[i], _state, out _))
                {
                    return true;
                }
            }

            return false;
        }

        private bool IsInVain(int wait) =>
            _state != operations[wait].Expected && Array.Exists(_waits, w => w.Wait == wait && _done[w.Write]);

        private ulong[] SetOfDone()
        {
            var set = (ulong[])_set.Clone();
            foreach (var (write, wait) in _waits)
            {
                if (_done[write] && _state != operations[wait].Expected)
                {
                    set[wait / 64] |= 1UL << (wait % 64);
                }
            }

            return set;
        }

        private long FirstEnd()
        {
            var first = long.MaxValue;
            for (var i = _firstLeft; i < operations.Length && operations[i].Start <= first; i++)
            {
                if (!_done[i] && operations[i].Outcome != OperationOutcome.Unknown && operations[i].End < first)
                {
                    first = operations[i].End;
                }
            }

            return first;
        }

        private void Do(int operation, string? after)
        {
            Flip(operation, -1);
            _state = after;
        }

        private void Undo(int operation, string? before)
        {
            Flip(operation, 1);
            _state = before;
        }

        private void Flip(int operation, int left)
        {
            _done[operation] = !_done[operation];
            _set[operation / 64] ^= 1UL << (operation % 64);
            _firstLeft = Math.Min(_firstLeft, operation);
            while (_firstLeft < operations.Length && _done[_firstLeft])
            {
                _firstLeft++;
            }

            _left += operations[operation].Outcome == OperationOutcome.Unknown ? 0 : left;
        }
    }

    /// <summary>Values that are never read and never asked for become one: nobody can tell which of them is there.</summary>
    private static Operation[] WithoutUnseen(Operation[] operations)
    {
        var seen = operations.Where(o => o.Kind == OperationKind.Read).Select(o => o.Value)
            .Concat(operations.Select(o => o.Expected))
            .ToHashSet();
        return [.. operations.Select(o => o.Value is null || seen.Contains(o.Value) ? o : o with { Value = Unseen })];
    }

    /// <summary>
    /// For each operation the one that has to be taken before it: of those that nobody could tell from each other the one before;
    /// the write of a value before its expiry, unless that write may never come. -1 if there is none.
    /// </summary>
    private static int[] Predecessors(Operation[] operations)
    {
        var writes = Writes(operations);
        var last = new Dictionary<(OperationKind Kind, string? Value, string? Expected), int>();
        var before = new int[operations.Length];
        for (var i = 0; i < operations.Length; i++)
        {
            var operation = operations[i];
            before[i] = -1;
            if (operation.Outcome == OperationOutcome.Unknown)
            {
                var alike = (operation.Kind, operation.Value, operation.Expected);
                before[i] = last.GetValueOrDefault(alike, -1);
                last[alike] = i;
            }
            else if (operation.Kind == OperationKind.Expiry
                && writes.TryGetValue(operation.Expected!, out var write) && operations[write].Outcome == OperationOutcome.Ok)
            {
                before[i] = write;
            }
        }

        return before;
    }

    /// <summary>
    /// Operations that do something only while a value is there, and can be taken at no cost after that, each with the
    /// write of that value.
    /// </summary>
    private static (int Write, int Wait)[] Waits(Operation[] operations)
    {
        var writes = Writes(operations);
        return
        [
            .. from wait in Enumerable.Range(0, operations.Length)
               let operation = operations[wait]
               where operation is { Kind: OperationKind.WriteIfMatch, Outcome: OperationOutcome.Unknown } or { Kind: OperationKind.Expiry }
                   && writes.ContainsKey(operation.Expected!)
               select (writes[operation.Expected!], wait),
        ];
    }

    /// <summary>The write of each value.</summary>
    private static Dictionary<string, int> Writes(Operation[] operations)
    {
        var writes = new Dictionary<string, int>();
        for (var i = 0; i < operations.Length; i++)
        {
            if (operations[i] is { Kind: not OperationKind.Read, Value: { } value })
            {
                writes[value] = i;
            }
        }

        return writes;
    }

    /// <summary>Whenever the condition of the one holds, that of the other holds, too, and not the other way round.</summary>
    private static bool IsStricter(Operation one, Operation other) => other.Kind switch
    {
        OperationKind.Write => one.Kind is OperationKind.WriteIfExists or OperationKind.WriteIfAbsent or OperationKind.WriteIfMatch or OperationKind.WriteIfNoMatch,
        OperationKind.WriteIfExists => one.Kind == OperationKind.WriteIfMatch,
        OperationKind.WriteIfNoMatch => one.Kind == OperationKind.WriteIfAbsent || (one.Kind == OperationKind.WriteIfMatch && one.Expected != other.Expected),
        _ => false,
    };

    /// <summary>The state after the operation; false if the state contradicts what the client was told.</summary>
    private static bool Fits(Operation operation, string? state, out string? after)
    {
        after = state;
        if (operation.Kind == OperationKind.Read)
        {
            return operation.Value == state;
        }

        if (operation.Kind == OperationKind.Expiry)
        {
            after = state == operation.Expected ? null : state;
            return true;
        }

        var holds = operation.Kind switch
        {
            OperationKind.WriteIfExists => state is not null,
            OperationKind.WriteIfAbsent => state is null,
            OperationKind.WriteIfMatch => state is not null && state == operation.Expected,
            OperationKind.WriteIfNoMatch => state is null || state != operation.Expected,
            _ => true,
        };
        if (holds && operation.Outcome != OperationOutcome.NotPassed)
        {
            after = operation.Value;
            return true;
        }

        // Of unknown outcome and not passed: the same as never.
        return !holds && operation.Outcome == OperationOutcome.NotPassed;
    }

    private sealed class Visited(ulong[] set, string? state, (bool IsThere, string? State) without) : IEquatable<Visited>
    {
        private readonly ulong[] _set = set;
        private readonly string? _state = state;
        private readonly (bool IsThere, string? State) _without = without;

        public bool Equals(Visited? other) =>
            other is not null && _state == other._state && _without == other._without && _set.AsSpan().SequenceEqual(other._set);

        public override bool Equals(object? obj) => Equals(obj as Visited);

        public override int GetHashCode()
        {
            var hash = new HashCode();
            hash.Add(_state, StringComparer.Ordinal);
            foreach (var word in _set)
            {
                hash.Add(word);
            }

            return hash.ToHashCode();
        }
    }
}
