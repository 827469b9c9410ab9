using System.Numerics;

namespace KvAspire.Load.Measuring;

/// <summary>
/// Counts durations in buckets whose width grows with the duration: no more than 1/32 (3 %) off, from one microsecond
/// to more than an hour, in a fixed 9 KB. For one thread; merge several at the end.
/// </summary>
internal sealed class LatencyHistogram
{
    private const int SubBucketBits = 5;
    private const int SubBuckets = 1 << SubBucketBits;
    private const int Buckets = SubBuckets * 34;

    private readonly long[] _counts = new long[Buckets];
    private TimeSpan _max;

    public long Count { get; private set; }

    /// <summary>The longest, exactly; zero if there is none.</summary>
    public TimeSpan Max => _max;

    public void Record(TimeSpan duration)
    {
        _counts[BucketOf((long)duration.TotalMicroseconds)]++;
        Count++;
        if (duration > _max)
        {
            _max = duration;
        }
    }

    public void Merge(LatencyHistogram other)
    {
        for (var i = 0; i < Buckets; i++)
        {
            _counts[i] += other._counts[i];
        }

        Count += other.Count;
        _max = other._max > _max ? other._max : _max;
    }

    /// <summary>The duration that this share of all did not exceed; zero if there is none.</summary>
    /// <param name="share">From 0 to 1: 0.99 for the 99th percentile.</param>
    public TimeSpan Percentile(double share)
    {
        var rank = Math.Max(1, (long)Math.Ceiling(share * Count));
        long seen = 0;
        for (var i = 0; i < Buckets; i++)
        {
            seen += _counts[i];
            if (seen >= rank)
            {
                var upper = TimeSpan.FromMicroseconds(UpperBoundOf(i));
                return upper < _max ? upper : _max;
            }
        }

        return TimeSpan.Zero;
    }

    private static int BucketOf(long microseconds)
    {
        var value = (ulong)Math.Max(0, microseconds);
        var shift = Math.Max(0, BitOperations.Log2(value | 1) - SubBucketBits);
        return Math.Min((shift << SubBucketBits) + (int)(value >> shift), Buckets - 1);
    }

    private static long UpperBoundOf(int bucket)
    {
        var shift = Math.Max(0, (bucket >> SubBucketBits) - 1);
        return ((bucket - ((long)shift << SubBucketBits) + 1) << shift) - 1;
    }
}
