using System.Globalization;

namespace KvAspire.Load.Work;

/// <summary>
/// Names the keys of a run and shares them out: worker w of W owns every key whose number is w modulo W, so that only
/// one request at a time touches a key and its value is known exactly.
/// </summary>
/// <param name="run">Tells this run's keys from those of any other run on the same store.</param>
/// <param name="keys">How many keys there are.</param>
/// <param name="workers">How many workers; at most as many as keys.</param>
internal sealed class KeySpace(string run, int keys, int workers)
{
    /// <summary>How many keys the worker owns.</summary>
    public int CountFor(int worker) => (keys - worker + workers - 1) / workers;

    /// <summary>The worker's part of a number of requests, in proportion to its keys.</summary>
    public long ShareOf(int worker, long requests)
    {
        return UpTo(worker + 1) - UpTo(worker);

        long UpTo(int end) => (long)((Int128)requests * ((end * (keys / workers)) + Math.Min(end, keys % workers)) / keys);
    }

    /// <summary>The name of a worker's key.</summary>
    /// <param name="worker">From 0.</param>
    /// <param name="index">From 0 to <see cref="CountFor"/> - 1.</param>
    public string Name(int worker, int index) =>
        string.Create(CultureInfo.InvariantCulture, $"load-{run}-{(index * workers) + worker}");
}
