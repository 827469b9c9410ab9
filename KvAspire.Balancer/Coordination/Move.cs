using System.Diagnostics;
using KvAspire.Balancer.Store;

namespace KvAspire.Balancer.Coordination;

/// <summary>
/// The filling of one node: from the first slot that it is to be filled with until none is left, over however many rounds of
/// copying. Its copying counts, the coordinator's loop plans, anyone reads.
/// </summary>
/// <remarks>
/// How much is left is estimated from the slots that are done: keys are spread evenly over slots, so the mean of those tells what
/// the next ones cost, be it whole copies or only what a node missed.
/// </remarks>
internal sealed class Move(string node, TimeProvider time, Activity? span)
{
    private readonly long _begun = time.GetTimestamp();
    private readonly DateTimeOffset _started = time.GetUtcNow();
    private int _slotsDone;
    private int _slotsTotal;
    private long _entries;
    private long _bytes;

    public string Node => node;

    /// <summary>The trace of the move; null if it is not sampled.</summary>
    public Activity? Span => span;

    /// <summary>The round of copying under way.</summary>
    public Task Copying { get; set; } = Task.CompletedTask;

    /// <summary>When a line about it was last logged. Used by the coordinator's loop only.</summary>
    public long LastLogged { get; set; } = time.GetTimestamp();

    public int SlotsDone => Volatile.Read(ref _slotsDone);

    public int SlotsToCopy => Math.Max(0, Volatile.Read(ref _slotsTotal) - SlotsDone);

    /// <summary>The view calls for this many copies that are not made yet.</summary>
    public void Plan(int missing) => Volatile.Write(ref _slotsTotal, SlotsDone + missing);

    /// <summary>A slot is complete.</summary>
    public void Count(long entries, long bytes)
    {
        Interlocked.Increment(ref _slotsDone);
        Interlocked.Add(ref _entries, entries);
        Interlocked.Add(ref _bytes, bytes);
    }

    public MoveStatus Status()
    {
        var done = SlotsDone;
        var left = SlotsToCopy;
        var bytes = Interlocked.Read(ref _bytes);
        var elapsed = time.GetElapsedTime(_begun).TotalSeconds;
        return new MoveStatus(
            node,
            done,
            done + left,
            Interlocked.Read(ref _entries),
            bytes,
            left == 0 ? 0 : done > 0 ? bytes * left / done : null,
            elapsed > 0 ? (long)(bytes / elapsed) : 0,
            left == 0 ? 0 : done > 0 ? Math.Round(elapsed * left / done, 1) : null,
            _started);
    }

    /// <summary>Nothing is left to be filled, or the term is over.</summary>
    public void End(bool isComplete)
    {
        span?.SetTag("kvaspire.slots", SlotsDone);
        span?.SetTag("kvaspire.entries", Interlocked.Read(ref _entries));
        span?.SetTag("kvaspire.bytes", Interlocked.Read(ref _bytes));
        span?.SetStatus(isComplete ? ActivityStatusCode.Ok : ActivityStatusCode.Error);
        span?.Dispose();
    }
}
