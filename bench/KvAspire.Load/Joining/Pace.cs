using System.Diagnostics;

namespace KvAspire.Load.Joining;

/// <summary>When the requests of a load of a constant rate are due, evenly spread over its workers.</summary>
/// <param name="start">The timestamp (<see cref="Stopwatch"/>) of the first.</param>
/// <param name="perSecond">All workers' requests a second.</param>
/// <param name="workers">How many share them.</param>
internal sealed class Pace(long start, double perSecond, int workers)
{
    /// <summary>The timestamp at which a worker's request is due.</summary>
    /// <param name="worker">From 0.</param>
    /// <param name="number">The worker's requests before this one.</param>
    public long Due(int worker, long number) =>
        start + (long)(((number * (double)workers) + worker) / perSecond * Stopwatch.Frequency);

    /// <summary>Waits until then; true, at once, if that has passed.</summary>
    public static async ValueTask<bool> WaitAsync(long due, CancellationToken cancelled)
    {
        var left = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), due);
        if (left <= TimeSpan.Zero)
        {
            return true;
        }

        await Task.Delay(left, cancelled);
        return false;
    }
}
