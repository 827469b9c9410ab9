namespace KvAspire.Balancer.Coordination;

/// <summary>
/// Ends the waiting of a loop early. Being woken while nobody waits counts for the next wait; twice is as once.
/// </summary>
/// <remarks>One waits, anybody wakes. The one who waited goes on in its own context, as after any await.</remarks>
internal sealed class Wakeup(TimeProvider time)
{
    private readonly Lock _gate = new();
    private TaskCompletionSource? _waiting;
    private bool _isWoken;

    public void Wake()
    {
        lock (_gate)
        {
            _isWoken = _waiting is null || !_waiting.TrySetResult();
            _waiting = null;
        }
    }

    /// <summary>Waits until it is woken, and no longer than <paramref name="limit"/>.</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public async Task WaitAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (_isWoken)
            {
                _isWoken = false;
                return;
            }

            _waiting = waiting;
        }

        using var cancelled = cancellationToken.UnsafeRegister(static (w, token) => ((TaskCompletionSource)w!).TrySetCanceled(token), waiting);
        using var timer = time.CreateTimer(static w => ((TaskCompletionSource)w!).TrySetResult(), waiting, limit, Timeout.InfiniteTimeSpan);
        await waiting.Task;
    }
}
