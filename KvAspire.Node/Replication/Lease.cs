namespace KvAspire.Node.Replication;

/// <summary>
/// The lease that this node gave (Gray and Cheriton, 1989): until it has run out, no other coordinator gets a promise.
/// </summary>
/// <remarks>
/// A node that has just started does not know what its former self gave, so it counts as bound to somebody unknown for
/// one lease length. Not thread-safe: the owner locks.
/// </remarks>
internal sealed class Lease(TimeProvider time)
{
    private long _since = time.GetTimestamp();
    private TimeSpan _length;

    /// <summary>The holder, or empty if there is none or it is not known.</summary>
    public string Holder { get; private set; } = "";

    /// <summary>Running for somebody this node does not remember.</summary>
    public bool IsUnknown { get; private set; }

    public TimeSpan Remaining
    {
        get
        {
            var left = _length - time.GetElapsedTime(_since);
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }

    public void StartUnknown(TimeSpan length)
    {
        IsUnknown = true;
        Holder = "";
        Begin(length);
    }

    public void Give(string holder, TimeSpan length)
    {
        IsUnknown = false;
        Holder = holder;
        Begin(length);
    }

    public void End()
    {
        IsUnknown = false;
        Holder = "";
        _length = TimeSpan.Zero;
    }

    /// <summary>Another than <paramref name="coordinator"/> may be counting on a lease of this node.</summary>
    public bool IsHeldByAnotherThan(string coordinator) => Remaining > TimeSpan.Zero && Holder != coordinator;

    private void Begin(TimeSpan length)
    {
        _since = time.GetTimestamp();
        _length = length;
    }
}
