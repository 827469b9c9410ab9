namespace KvAspire.Node.Hosting;

/// <summary>
/// Keeps a copy, or a sweep, from taking the machine from clients: its mean rate stays under a limit, and while clients are being served it
/// works only a ninth of the time, or a third if it is urgent. Source and target have one each: what is on its way between them is megabytes.
/// </summary>
/// <param name="bytesPerSecond">0 for no limit.</param>
/// <param name="isUrgent">As long as it is not done, keys have fewer copies than they should, or chains may not be level.</param>
/// <param name="operations">How many operations of clients have been carried out so far.</param>
/// <param name="time">The clock.</param>
internal sealed class Throttle(ulong bytesPerSecond, bool isUrgent, Func<long> operations, TimeProvider time)
{
    private const double RestForWork = 8;
    private const double RestForUrgentWork = 2;

    /// <summary>Timers are no more exact than this, so shorter rests are saved up.</summary>
    private static readonly TimeSpan ShortestRest = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan LongestRest = TimeSpan.FromMilliseconds(100);

    private readonly long _start = time.GetTimestamp();
    private long _begun;
    private long _operations = operations();
    private TimeSpan _owed;
    private ulong _bytes;

    /// <summary>Called before each piece of work.</summary>
    public void Begin() => _begun = time.GetTimestamp();

    /// <summary>Called after each piece of work.</summary>
    /// <param name="bytes">What was copied.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task WaitAsync(ulong bytes, CancellationToken cancellationToken)
    {
        _bytes += bytes;
        Owe();
        var rest = bytesPerSecond == 0 ? _owed : Max(_owed, TimeSpan.FromSeconds((double)_bytes / bytesPerSecond) - time.GetElapsedTime(_start));
        if (rest >= ShortestRest)
        {
            var began = time.GetTimestamp();
            await Task.Delay(rest, time, cancellationToken);
            _owed -= time.GetElapsedTime(began);
        }

        _owed = Max(_owed, -ShortestRest);
    }

    private void Owe()
    {
        var served = operations();
        if (served != _operations)
        {
            _operations = served;
            _owed += (isUrgent ? RestForUrgentWork : RestForWork) * time.GetElapsedTime(_begun);
            _owed = _owed < LongestRest ? _owed : LongestRest;
        }
    }

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;
}
