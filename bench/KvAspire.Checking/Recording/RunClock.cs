using System.Diagnostics;

namespace KvAspire.Checking.Recording;

/// <summary>The one clock of a run: monotonic, in microseconds since it was made.</summary>
internal sealed class RunClock
{
    private readonly long _begun = Stopwatch.GetTimestamp();

    public long Now => (long)Stopwatch.GetElapsedTime(_begun).TotalMicroseconds;
}
