namespace KvAspire.Tests.Simulation;

/// <summary>
/// Runs everything of a simulation in one thread, in simulated time, which goes on only from one action to the next.
/// </summary>
/// <remarks>
/// Actions that are due at the same moment run in an order drawn from the seed, as threads of a pool would. Nothing
/// else in a simulation may be a matter of chance, so a run can be repeated from its seed.
/// </remarks>
internal sealed class SimulatedScheduler
{
    private readonly PriorityQueue<Step, Place> _queue = new();
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private long _now;
    private long _scheduled;

    /// <param name="seed">Decides everything.</param>
    /// <param name="keepLog">The last events are kept in words, which takes time.</param>
    public SimulatedScheduler(int seed, bool keepLog = true)
    {
        Random = new Random(seed);
        Log = new EventLog(() => Now, keepLog);
    }

    public Random Random { get; }

    public EventLog Log { get; }

    /// <summary>Since the beginning.</summary>
    public TimeSpan Now => TimeSpan.FromTicks(_now);

    /// <summary>Actions run so far: a clock that no two events share.</summary>
    public long Steps { get; private set; }

    public void After(TimeSpan delay, Action action) => After(delay, null, static a => ((Action)a!)(), action);

    /// <summary>Runs something in a process, if that is alive and not paused by then; or outside of any.</summary>
    public void After(TimeSpan delay, SimulatedProcess? process, SendOrPostCallback callback, object? state)
    {
        if (Environment.CurrentManagedThreadId != _thread)
        {
            // Whatever runs on another thread comes at a time that the seed does not decide.
            Environment.FailFast($"Something left the simulation's thread.\n{Environment.StackTrace}");
        }

        var due = _now + Math.Max(0, delay.Ticks);
        _queue.Enqueue(new Step(process, callback, state), new Place(due, Random.Next(), _scheduled++));
    }

    /// <summary>Runs until <paramref name="isDone"/>; false if the time is up before.</summary>
    public bool Run(Func<bool> isDone, TimeSpan limit)
    {
        while (!isDone())
        {
            if (!_queue.TryPeek(out var step, out var place) || place.Due > limit.Ticks)
            {
                return false;
            }

            _queue.Dequeue();
            _now = place.Due;
            Steps++;
            Log.Count(_now);
            if (step.Process is { } process)
            {
                process.Execute(step.Callback, step.State);
            }
            else
            {
                step.Callback(step.State);
            }
        }

        return true;
    }

    /// <summary>True with the given probability.</summary>
    public bool Chance(double probability) => Random.NextDouble() < probability;

    public TimeSpan Between(double fromSeconds, double toSeconds) =>
        TimeSpan.FromSeconds(fromSeconds + (Random.NextDouble() * (toSeconds - fromSeconds)));

    private readonly record struct Step(SimulatedProcess? Process, SendOrPostCallback Callback, object? State);

    /// <summary>In the order of their time, then by lot, then as they were scheduled.</summary>
    private readonly record struct Place(long Due, int Lot, long Number) : IComparable<Place>
    {
        public int CompareTo(Place other) =>
            Due != other.Due ? Due.CompareTo(other.Due) : Lot != other.Lot ? Lot.CompareTo(other.Lot) : Number.CompareTo(other.Number);
    }
}
