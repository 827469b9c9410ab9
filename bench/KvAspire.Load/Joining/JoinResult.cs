using KvAspire.Load.Measuring;

namespace KvAspire.Load.Joining;

/// <summary>One stretch of the load.</summary>
/// <param name="Name"><c>rest</c>, <c>join</c>, <c>joined</c>, <c>leave</c> or <c>left</c>.</param>
/// <param name="Tally">What was counted.</param>
/// <param name="Length">How long it took.</param>
internal sealed record LoadPhase(string Name, Tally Tally, TimeSpan Length);

/// <summary>A node's joining or leaving.</summary>
/// <param name="Name"><c>join</c> or <c>leave</c>, with <c>idle</c> before it if there was no load.</param>
/// <param name="Nodes">How many share the data with it or, if it leaves, shared it before.</param>
/// <param name="Slots">Copies of slots that moved.</param>
/// <param name="Entries">Entries copied.</param>
/// <param name="Bytes">Their bytes as sent.</param>
/// <param name="Copying">How long copying took.</param>
/// <param name="Whole">From the request until every copy was in its place.</param>
internal sealed record MoveResult(string Name, int Nodes, int Slots, long Entries, long Bytes, TimeSpan Copying, TimeSpan Whole);

/// <summary>Everything that a join found out.</summary>
/// <param name="Preload">The sets before.</param>
/// <param name="PreloadLength">How long they took.</param>
/// <param name="Phases">The load, in order.</param>
/// <param name="Moves">What moved, in order.</param>
/// <param name="Final">The last read of every key.</param>
/// <param name="Troubles">What else went wrong: sentences.</param>
/// <param name="Interrupted">The user stopped it.</param>
internal sealed record JoinResult(
    Tally Preload,
    TimeSpan PreloadLength,
    IReadOnlyList<LoadPhase> Phases,
    IReadOnlyList<MoveResult> Moves,
    Tally Final,
    IReadOnlyList<string> Troubles,
    bool Interrupted);
