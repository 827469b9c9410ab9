namespace KvAspire.Tests.Simulation;

/// <summary>
/// One life of a process: everything that the product does in it is posted here, as to a synchronization context. So it
/// can end between any two steps, whereupon nothing of it ever runs again; or stand still while time goes on.
/// </summary>
/// <param name="host">The name under which others reach it.</param>
/// <param name="scheduler">Runs it.</param>
/// <param name="clockOff">How wrong its wall clock is.</param>
internal sealed class SimulatedProcess(string host, SimulatedScheduler scheduler, TimeSpan clockOff = default) : SynchronizationContext
{
    private readonly List<(SendOrPostCallback Callback, object? State)> _held = [];
    private readonly List<Action> _atEnd = [];
    private bool _isPaused;

    public string Host => host;

    public SimulatedScheduler Scheduler => scheduler;

    /// <summary>How wrong its wall clock is.</summary>
    public TimeSpan ClockOff { get; set; } = clockOff;

    public SimulatedTime Time => field ??= new SimulatedTime(this);

    /// <summary>When it last went on after a pause: what it does at that moment it began before.</summary>
    public TimeSpan ResumedAt { get; private set; } = TimeSpan.MinValue;

    public bool IsAlive { get; private set; } = true;

    public bool IsPaused
    {
        get => _isPaused;
        set
        {
            _isPaused = value;
            if (!value)
            {
                ResumedAt = scheduler.Now;
                _held.ForEach(h => scheduler.After(TimeSpan.Zero, this, h.Callback, h.State));
                _held.Clear();
            }
        }
    }

    /// <summary>Has it do something, soon.</summary>
    public void Run(Action action) => RunAfter(TimeSpan.Zero, action);

    /// <summary>Has it do something at a later time; not if it is dead or dispensed with by then.</summary>
    public void RunAfter(TimeSpan delay, Action action) => scheduler.After(delay, this, static a => ((Action)a!)(), action);

    public override void Post(SendOrPostCallback d, object? state) => scheduler.After(TimeSpan.Zero, this, d, state);

    public override void Send(SendOrPostCallback d, object? state) => throw new NotSupportedException("Nobody may block.");

    /// <summary>What the operating system does when the process is gone: others see their connections break.</summary>
    public void AtEnd(Action action) => _atEnd.Add(action);

    public void NotAtEnd(Action action) => _atEnd.Remove(action);

    /// <summary>Ends it on the spot.</summary>
    public void Kill()
    {
        IsAlive = false;
        _held.Clear();
        foreach (var action in _atEnd.ToList())
        {
            action();
        }
    }

    /// <summary>A step of this process, now.</summary>
    public void Execute(SendOrPostCallback callback, object? state)
    {
        if (!IsAlive)
        {
            return;
        }

        if (_isPaused)
        {
            _held.Add((callback, state));
            return;
        }

        var before = Current;
        SetSynchronizationContext(this);
        try
        {
            callback(state);
        }
        finally
        {
            SetSynchronizationContext(before);
        }
    }
}
