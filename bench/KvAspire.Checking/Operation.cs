namespace KvAspire.Checking;

/// <summary>What a client asked of one key.</summary>
internal enum OperationKind
{
    /// <summary>Gives the value, or null if there is none.</summary>
    Read,

    /// <summary>Stores or deletes, whatever is there.</summary>
    Write,

    /// <summary>Writes if the key has a value.</summary>
    WriteIfExists,

    /// <summary>Writes if the key has no value.</summary>
    WriteIfAbsent,

    /// <summary>Writes if the key has the expected value.</summary>
    WriteIfMatch,

    /// <summary>Writes if the key has no value or another one than the expected.</summary>
    WriteIfNoMatch,

    /// <summary>The store lets the expected value go, if it is still there; made by the checker for values with a time to live.</summary>
    Expiry,
}

internal enum OperationOutcome
{
    /// <summary>Not known, and it may still take effect at any time from its start on.</summary>
    Unknown,

    /// <summary>Done; a condition held.</summary>
    Ok,

    /// <summary>The condition did not hold: nothing was changed.</summary>
    NotPassed,
}

/// <summary>One operation of one client, from its start to its end.</summary>
/// <param name="Kind">What was asked.</param>
/// <param name="Value">What a read gave or a write stores; null for none. Each write stores a value of its own.</param>
/// <param name="Expected">The value a condition names.</param>
/// <param name="Start">When the client asked; any clock that all clients share.</param>
/// <param name="End">When the client had the answer; ignored if the outcome is unknown.</param>
/// <param name="Outcome">What the client was told. An operation that surely failed is not recorded at all.</param>
internal sealed record Operation(
    OperationKind Kind, string? Value, string? Expected, long Start, long End, OperationOutcome Outcome)
{
    /// <summary>Who asked; any number that no two clients share.</summary>
    public int Client { get; init; }

    /// <summary>For how long the value was to be stored, by the clock of the other times; null for good.</summary>
    public long? TimeToLive { get; init; }

    /// <summary>The version that came with the answer, of what was read or written. None for a delete, and for a value that is not there.</summary>
    public StoreVersion Version { get; init; }

    /// <summary>The HTTP status of the answer; 0 if there was none, or it was not noted.</summary>
    public int Status { get; init; }

    public override string ToString()
    {
        var condition = Kind is OperationKind.WriteIfMatch or OperationKind.WriteIfNoMatch or OperationKind.Expiry ? $" [{Expected}]" : "";
        var end = Outcome == OperationOutcome.Unknown ? "…" : End.ToString(System.Globalization.CultureInfo.InvariantCulture);
        return $"{Start,10} – {end,10}  {Kind}{condition} {Value ?? "(none)"}: {Outcome}{(Status == 0 ? "" : $" {Status}")}{(Version.IsNone ? "" : $" \"{Version}\"")}";
    }
}
