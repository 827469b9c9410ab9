namespace KvAspire.Tests.Faults;

/// <summary>Which fault made clients wait, and how long.</summary>
internal static class Pauses
{
    /// <summary>A gap that begins this long after the last fault is not counted as its doing.</summary>
    private const long Reach = 10_000_000;

    /// <summary>
    /// For each fault the longest time that a client was without a successful answer because of it; zero if nobody noticed. A gap belongs
    /// to the first fault that begins in it, else to the last one before it. It counts from the fault on.
    /// </summary>
    /// <param name="starts">When the faults began, in order; microseconds.</param>
    /// <param name="gaps">The clients' gaps.</param>
    public static TimeSpan[] Of(IReadOnlyList<long> starts, IEnumerable<Gap> gaps)
    {
        var longest = new long[starts.Count];
        foreach (var (from, to) in gaps)
        {
            var next = FirstFrom(starts, from);
            var fault = next < starts.Count && starts[next] <= to ? next : next - 1;
            if (fault >= 0 && from - starts[fault] <= Reach)
            {
                longest[fault] = Math.Max(longest[fault], to - Math.Max(from, starts[fault]));
            }
        }

        return [.. longest.Select(l => TimeSpan.FromMicroseconds(l))];
    }

    /// <summary>The value that this share of the sorted ones does not exceed; zero if there is none.</summary>
    public static TimeSpan Percentile(IReadOnlyList<TimeSpan> sorted, double share) =>
        sorted.Count == 0 ? TimeSpan.Zero : sorted[Math.Clamp((int)Math.Ceiling(share * sorted.Count) - 1, 0, sorted.Count - 1)];

    private static int FirstFrom(IReadOnlyList<long> starts, long time)
    {
        var (low, high) = (0, starts.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = starts[middle] < time ? (middle + 1, high) : (low, middle);
        }

        return low;
    }
}
