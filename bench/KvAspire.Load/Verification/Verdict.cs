namespace KvAspire.Load.Verification;

internal enum VerdictKind
{
    /// <summary>Answered, and right.</summary>
    Right,

    /// <summary>Not answered as the API promises; nothing is known to be wrong.</summary>
    Failed,

    /// <summary>An older state than one that was acknowledged or read.</summary>
    Stale,

    /// <summary>Nothing, where a value must be.</summary>
    Lost,

    /// <summary>Bytes that no accepted write has stored.</summary>
    Corrupt,
}

/// <summary>The judgement of one answer.</summary>
/// <param name="Kind">Right, failed, or how it is wrong.</param>
/// <param name="Detail">For a wrong answer: what was seen and what must have been.</param>
/// <param name="IsLate">Right, but a write showed up after later ones: see <see cref="Observation.Late"/>.</param>
internal readonly record struct Verdict(VerdictKind Kind, string? Detail = null, bool IsLate = false)
{
    public bool IsWrong => Kind > VerdictKind.Failed;
}
