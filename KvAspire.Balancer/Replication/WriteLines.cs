using KvAspire.Balancer.Cluster;
using KvAspire.Balancer.Coordination;
using KvAspire.Balancer.Store;

namespace KvAspire.Balancer.Replication;

/// <summary>
/// Lets one write of a key be in hand at a time, the others wait in line; and lets the coordinator still whole slots.
/// </summary>
/// <remarks>
/// Plain writes that wait together are merged: the last is sent and all are acknowledged with it, as if the earlier
/// ones had taken effect just before. So a hot key is as fast as any.
/// </remarks>
/// <param name="run">Carries out a write.</param>
/// <param name="slots">How many there are.</param>
/// <param name="oneInHand">False in a test of what the lines are for.</param>
internal sealed class WriteLines(Func<PendingWrite, Task> run, int slots = View.SlotCount, bool oneInHand = true)
{
    private readonly SlotLine[] _slots = [.. Enumerable.Range(0, slots).Select(_ => new SlotLine())];
    private int _inHand;
    private long _bytesInHand;

    /// <summary>Writes accepted and not answered.</summary>
    public int Count => Volatile.Read(ref _inHand);

    /// <summary>The bytes of their keys and values.</summary>
    public long Bytes => Interlocked.Read(ref _bytesInHand);

    /// <summary>Takes the write; its task completes with the outcome.</summary>
    public void Add(PendingWrite write)
    {
        Interlocked.Increment(ref _inHand);
        Interlocked.Add(ref _bytesInHand, write.Bytes);
        var slot = _slots[write.Slot];
        KeyLine line;
        List<PendingWrite> group;
        lock (slot.Gate)
        {
            if (oneInHand && slot.Lines.TryGetValue(write.Key, out line!))
            {
                line.Waiting.Enqueue(write);
                return;
            }

            line = new KeyLine();
            line.Waiting.Enqueue(write);
            slot.Lines[write.Key] = line;
            if (slot.IsStilled)
            {
                slot.Parked.Add(line);
                return;
            }

            group = TakeGroup(slot, line);
        }

        _ = RunAsync(slot, line, group);
    }

    /// <summary>
    /// Gives the write its version, if one can be given now, unless it has one, in one step with its becoming visible to <see cref="Oldest"/>. Those
    /// merged into it get lower ones: to their clients a version must not stand for another's value.
    /// </summary>
    public void GiveVersion(PendingWrite write, Func<(EntryVersion Version, int Reign)?> next)
    {
        lock (_slots[write.Slot].Gate)
        {
            if (write.Version == default)
            {
                foreach (var taken in write.Merged.Append(write))
                {
                    if (next() is not { } given)
                    {
                        return;
                    }

                    (taken.Version, taken.Reign) = given;
                }
            }
        }
    }

    /// <summary>The lowest version in hand, of those given before the call; null if there is none.</summary>
    public EntryVersion? Oldest()
    {
        EntryVersion? oldest = null;
        foreach (var slot in _slots)
        {
            // Without the lock: a write runs before it gets a version, so one whose version the caller must hear of is seen.
            if (!slot.IsRunning)
            {
                continue;
            }

            lock (slot.Gate)
            {
                foreach (var write in slot.Running)
                {
                    if (write.Version != default && (oldest is null || write.Version < oldest))
                    {
                        oldest = write.Version;
                    }
                }
            }
        }

        return oldest;
    }

    /// <summary>Whether a write of the key is in hand or waits in line.</summary>
    public bool IsBusy(int slot, ReadOnlyMemory<byte> key)
    {
        lock (_slots[slot].Gate)
        {
            return _slots[slot].Lines.ContainsKey(key);
        }
    }

    /// <summary>
    /// Begins no more writes in the slots and waits for those in hand. Dispose to let the slots go on.
    /// </summary>
    /// <param name="slots">The slots.</param>
    /// <param name="limit">How long to wait.</param>
    /// <param name="time">The clock.</param>
    /// <param name="interrupted">Ends the wait before that; null if nothing does.</param>
    /// <returns>Null, and nothing is stilled, if they did not end in time.</returns>
    public async Task<IDisposable?> StillAsync(IReadOnlyCollection<int> slots, TimeSpan limit, TimeProvider time, Task? interrupted = null)
    {
        var drained = new List<Task>();
        foreach (var slot in slots.Select(s => _slots[s]))
        {
            lock (slot.Gate)
            {
                slot.IsStilled = true;
                if (slot.Running.Count > 0)
                {
                    slot.Drained ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                    drained.Add(slot.Drained.Task.InContext());
                }
            }
        }

        var still = new Stillness(this, slots);
        try
        {
            var all = Task.WhenAll(drained);
            await Task.WhenAny(interrupted is null ? [all] : [all, interrupted]).WaitAsync(limit, time);
            if (all.IsCompleted)
            {
                return still;
            }
        }
        catch (TimeoutException)
        {
            // As if it had been interrupted.
        }

        still.Dispose();
        return null;
    }

    /// <summary>The last of the plain writes at the head of the line with those it stands for; or one conditional write.</summary>
    private static List<PendingWrite> TakeGroup(SlotLine slot, KeyLine line)
    {
        var group = new List<PendingWrite>(1) { line.Waiting.Dequeue() };
        while (group[^1].IsPlain && line.Waiting.TryPeek(out var next) && next.IsPlain)
        {
            group.Add(line.Waiting.Dequeue());
        }

        group[^1].Merged = group[..^1];
        slot.Running.Add(group[^1]);
        slot.IsRunning = true;
        return group;
    }

    /// <summary>Runs the group, and those that follow in the line until it is empty or parked. Whoever takes a group runs it, and nobody else.</summary>
    private async Task RunAsync(SlotLine slot, KeyLine line, List<PendingWrite>? next)
    {
        while (next is { } group)
        {
            await run(group[^1]);
            Interlocked.Add(ref _inHand, -group.Count);
            Interlocked.Add(ref _bytesInHand, -group.Sum(w => w.Bytes));
            lock (slot.Gate)
            {
                slot.Running.Remove(group[^1]);
                slot.IsRunning = slot.Running.Count > 0;
                next = null;
                if (line.Waiting.Count == 0)
                {
                    slot.Lines.Remove(group[^1].Key);
                }
                else if (slot.IsStilled)
                {
                    slot.Parked.Add(line);
                }
                else
                {
                    next = TakeGroup(slot, line);
                }

                if (slot.Running.Count == 0)
                {
                    slot.Drained?.TrySetResult();
                    slot.Drained = null;
                }
            }

            Answer(group);
        }
    }

    private static void Answer(List<PendingWrite> group)
    {
        var outcome = group[^1].Task;
        var existed = group[^1].Existed ?? false;
        foreach (var merged in group[..^1])
        {
            if (outcome.IsCompletedSuccessfully)
            {
                merged.TrySetResult(outcome.Result with { Version = merged.Version, Existed = existed });
                existed = merged.Command.Value is not null;
            }
            else
            {
                merged.TrySetException(outcome.Exception?.InnerException ?? new InvalidOperationException("The write ended without an outcome."));
            }
        }
    }

    private void GoOn(IReadOnlyCollection<int> slots)
    {
        foreach (var slot in slots.Select(s => _slots[s]))
        {
            List<(KeyLine Line, List<PendingWrite> Group)> begun;
            lock (slot.Gate)
            {
                slot.IsStilled = false;
                begun = slot.Parked.ConvertAll(line => (line, TakeGroup(slot, line)));
                slot.Parked.Clear();
            }

            foreach (var (line, group) in begun)
            {
                _ = RunAsync(slot, line, group);
            }
        }
    }

    private sealed class Stillness(WriteLines lines, IReadOnlyCollection<int> slots) : IDisposable
    {
        private int _disposed;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _disposed, 1) == 0)
            {
                lines.GoOn(slots);
            }
        }
    }

    /// <summary>All members are guarded by <see cref="Gate"/>.</summary>
    private sealed class SlotLine
    {
        private volatile bool _isRunning;

        public Lock Gate { get; } = new();

        public Dictionary<ReadOnlyMemory<byte>, KeyLine> Lines { get; } = new(KeyComparer.Instance);

        public List<PendingWrite> Running { get; } = [];

        /// <summary>Something is running; set under the lock and read by anyone.</summary>
        public bool IsRunning
        {
            get => _isRunning;
            set => _isRunning = value;
        }

        public List<KeyLine> Parked { get; } = [];

        public bool IsStilled { get; set; }

        public TaskCompletionSource? Drained { get; set; }
    }

    private sealed class KeyLine
    {
        public Queue<PendingWrite> Waiting { get; } = new();
    }
}
