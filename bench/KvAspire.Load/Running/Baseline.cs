using System.Diagnostics;
using KvAspire.Load.Client;
using KvAspire.Load.Measuring;

namespace KvAspire.Load.Running;

/// <summary>
/// How fast the same client gets answers from an endpoint of the balancer that touches no data: what the machine and
/// HTTP allow, to compare with.
/// </summary>
/// <param name="PerSecond">Answers a second.</param>
/// <param name="Latency">How long they took.</param>
internal sealed record Baseline(double PerSecond, LatencyHistogram Latency)
{
    public const string Path = "alive";

    /// <returns>Null if the endpoint does not answer 200.</returns>
    public static async Task<Baseline?> MeasureAsync(StoreClient client, int concurrency, TimeSpan duration, TimeSpan timeLimit, CancellationToken cancelled)
    {
        var begun = Stopwatch.GetTimestamp();
        var parts = await Task.WhenAll(Enumerable.Range(0, concurrency).Select(_ => Task.Run(MeasureOneAsync)));
        var seconds = Stopwatch.GetElapsedTime(begun).TotalSeconds;
        var all = new LatencyHistogram();
        foreach (var part in parts)
        {
            if (part is null)
            {
                return null;
            }

            all.Merge(part);
        }

        return new Baseline(all.Count / seconds, all);

        async Task<LatencyHistogram?> MeasureOneAsync()
        {
            using var deadline = new Deadline(timeLimit, cancelled);
            var buffer = new ReceiveBuffer();
            var histogram = new LatencyHistogram();
            do
            {
                var sent = Stopwatch.GetTimestamp();
                if (await client.ReadPageAsync(Path, buffer, deadline) is not { Status: 200 })
                {
                    return null;
                }

                histogram.Record(Stopwatch.GetElapsedTime(sent));
            }
            while (Stopwatch.GetElapsedTime(begun) < duration);
            return histogram;
        }
    }
}
