namespace KvAspire.Balancer.Coordination;

/// <summary>
/// The clock by which expiry is judged: wall time that never goes back, not even from one coordinator to the next.
/// </summary>
/// <remarks>
/// Nodes remember the highest clock they have heard of, and a new coordinator goes on from there plus one lease length
/// (its predecessor may have judged that much longer than the nodes know). So what was once expired stays so.
/// </remarks>
internal sealed class ClusterClock(TimeProvider time)
{
    private long _highest;

    /// <summary>Unix milliseconds.</summary>
    public long Now
    {
        get
        {
            RaiseTo(time.GetUtcNow().ToUnixTimeMilliseconds());
            return Volatile.Read(ref _highest);
        }
    }

    public void RaiseTo(long milliseconds)
    {
        var highest = Volatile.Read(ref _highest);
        while (milliseconds > highest)
        {
            var seen = Interlocked.CompareExchange(ref _highest, milliseconds, highest);
            if (seen == highest)
            {
                return;
            }

            highest = seen;
        }
    }
}
