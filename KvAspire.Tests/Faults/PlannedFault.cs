namespace KvAspire.Tests.Faults;

/// <summary>One fault, as far as the seed says: whom it hits is looked up when it is due.</summary>
/// <param name="Number">From 1.</param>
/// <param name="Kind">What.</param>
/// <param name="Gap">How long after the fault before it begins.</param>
/// <param name="Duration">How long it lasts; for a kill, until the new start.</param>
/// <param name="Choice">Which of those that can be hit: a share of them, from 0 to 1.</param>
/// <param name="Delay">For a slow link: how late all arrives.</param>
internal sealed record PlannedFault(int Number, FaultKind Kind, TimeSpan Gap, TimeSpan Duration, double Choice, TimeSpan Delay)
{
    /// <summary>The one of the candidates that is hit; there must be one.</summary>
    public T Choose<T>(IReadOnlyList<T> candidates) => candidates[Math.Min((int)(Choice * candidates.Count), candidates.Count - 1)];
}
