using KvAspire.Checking.Histories;

namespace KvAspire.Tests.Faults;

/// <summary>What came of a run.</summary>
/// <param name="Options">How it was run.</param>
/// <param name="Elapsed">How long clients worked.</param>
/// <param name="Operations">What they recorded in that time; the reads of the end come on top of it.</param>
/// <param name="Faults">The faults that were done, in order.</param>
/// <param name="LeftOut">How often a planned fault could not be done when it was due.</param>
/// <param name="Pauses">For each fault, how long a client had to wait at most.</param>
/// <param name="LongestSilence">The longest time without a successful answer for anybody.</param>
/// <param name="Report">What the check has found.</param>
/// <param name="Troubles">What else went wrong: sentences.</param>
/// <param name="Events">What happened when: lines.</param>
/// <param name="History">What the clients were told.</param>
internal sealed record FaultRunResult(
    FaultRunOptions Options,
    TimeSpan Elapsed,
    long Operations,
    IReadOnlyList<FaultRecord> Faults,
    IReadOnlyDictionary<FaultKind, int> LeftOut,
    IReadOnlyList<TimeSpan> Pauses,
    TimeSpan LongestSilence,
    HistoryReport Report,
    IReadOnlyList<string> Troubles,
    IReadOnlyList<string> Events,
    History History)
{
    /// <summary>Nothing contradicts the promise, every key could be checked, and the store healed.</summary>
    public bool IsWell => Report.IsWell && Troubles.Count == 0;
}
