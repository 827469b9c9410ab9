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
    private readonly PriorityQueue<Action, (long Due, int Lot, long Number)> _queue = new();
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private long _now;
    private long _scheduled;

    public SimulatedScheduler(int seed)
    {
        Random = new Random(seed);
        Log = new EventLog(() => Now);
    }

    public Random Random { get; }

    public EventLog Log { get; }

    /// <summary>Since the beginning.</summary>
    public TimeSpan Now => TimeSpan.FromTicks(_now);

    /// <summary>Actions run so far: a clock that no two events share.</summary>
    public long Steps { get; private set; }

    public void After(TimeSpan delay, Action action)
    {
        if (Environment.CurrentManagedThreadId != _thread)
        {
            // Whatever runs on another thread comes at a time that the seed does not decide.
            Environment.FailFast($"Something left the simulation's thread.\n{Environment.StackTrace}");
        }

        var due = _now + Math.Max(0, delay.Ticks);
        _queue.Enqueue(action, (due, Random.Next(), _scheduled++));
    }

    /// <summary>Runs until <paramref name="isDone"/>; false if the time is up before.</summary>
    public bool Run(Func<bool> isDone, TimeSpan limit)
    {
        while (!isDone())
        {
            if (!_queue.TryPeek(out var action, out var priority) || priority.Due > limit.Ticks)
            {
                return false;
            }

            _queue.Dequeue();
            _now = priority.Due;
            Steps++;
            Log.Count(_now);
            action();
        }

        return true;
    }

    /// <summary>True with the given probability.</summary>
    public bool Chance(double probability) => Random.NextDouble() < probability;

    public TimeSpan Between(double fromSeconds, double toSeconds) =>
        TimeSpan.FromSeconds(fromSeconds + (Random.NextDouble() * (toSeconds - fromSeconds)));
}
