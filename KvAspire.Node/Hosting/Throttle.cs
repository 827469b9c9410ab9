namespace KvAspire.Node.Hosting;

/// <summary>Keeps the mean rate of a copy under a limit, so that clients keep the machine's attention.</summary>
/// <param name="bytesPerSecond">0 for no limit.</param>
/// <param name="time">The clock.</param>
internal sealed class Throttle(ulong bytesPerSecond, TimeProvider time)
{
    private readonly long _start = time.GetTimestamp();
    private ulong _bytes;

    public Task WaitAsync(ulong bytes, CancellationToken cancellationToken)
    {
        if (bytesPerSecond == 0)
        {
            return Task.CompletedTask;
        }

        _bytes += bytes;
        var due = TimeSpan.FromSeconds((double)_bytes / bytesPerSecond);
        var ahead = due - time.GetElapsedTime(_start);
        return ahead > TimeSpan.FromMilliseconds(5) ? Task.Delay(ahead, time, cancellationToken) : Task.CompletedTask;
    }
}
