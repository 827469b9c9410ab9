namespace KvAspire.Node.Storage;

/// <summary>
/// Closes something that other threads are using: whoever leaves last closes it, and nobody enters afterwards.
/// A native database that is closed under a reader takes the whole process with it.
/// </summary>
internal sealed class UseGate(Action close)
{
    // Users, and one for the owner until it asks to close. Written by all with interlocked operations.
    private int _users = 1;
    private int _closing;

    public bool IsClosing => Volatile.Read(ref _closing) != 0;

    /// <summary>Each call is followed by one of <see cref="Leave"/>.</summary>
    /// <exception cref="ObjectDisposedException">Closing or closed.</exception>
    public void Enter()
    {
        var users = Volatile.Read(ref _users);
        while (users > 0 && !IsClosing)
        {
            var seen = Interlocked.CompareExchange(ref _users, users + 1, users);
            if (seen == users)
            {
                return;
            }

            users = seen;
        }

        throw new ObjectDisposedException("The storage engine");
    }

    public void Leave()
    {
        if (Interlocked.Decrement(ref _users) == 0)
        {
            close();
        }
    }

    /// <summary>Lets nobody in any more, and gives whether this was the first such call.</summary>
    public bool BeginClose() => Interlocked.Exchange(ref _closing, 1) == 0;
}
