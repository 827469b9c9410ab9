namespace KvAspire.Balancer.Store;

/// <summary>The replicated store as the HTTP API sees it. Each call is linearizable for its key.</summary>
internal interface IKeyValueStore
{
    /// <summary>The last acknowledged value of the key, or none.</summary>
    /// <param name="key">1 to 1,024 bytes of UTF-8.</param>
    /// <param name="cancellationToken">Gives up waiting; nothing is changed.</param>
    /// <exception cref="StoreUnavailableException">No copy can be read now.</exception>
    ValueTask<ReadOutcome> ReadAsync(ReadOnlyMemory<byte> key, CancellationToken cancellationToken);

    /// <summary>
    /// Stores or deletes, if the condition holds. A write that was begun goes on even if the caller stops waiting.
    /// </summary>
    /// <param name="key">1 to 1,024 bytes of UTF-8. The store keeps the memory: do not reuse it.</param>
    /// <param name="command">What to write; its memory is kept too.</param>
    /// <param name="cancellationToken">Gives up waiting, not the write.</param>
    /// <exception cref="StoreUnavailableException">Not acknowledged; says whether it may still take effect.</exception>
    ValueTask<WriteOutcome> WriteAsync(ReadOnlyMemory<byte> key, WriteCommand command, CancellationToken cancellationToken);
}

/// <summary>What <see cref="IKeyValueStore.ReadAsync"/> found.</summary>
/// <param name="Value">Null if there is none, or it was deleted, or has expired.</param>
/// <param name="Replicas">Copies of the key that are in sync.</param>
/// <param name="ReplicasWanted">The replication factor.</param>
internal readonly record struct ReadOutcome(StoredValue? Value, int Replicas, int ReplicasWanted);

/// <summary>A value with what the store knows about it.</summary>
/// <param name="Version">Grows with every write of the key.</param>
/// <param name="Value">Exactly the bytes that were stored.</param>
/// <param name="ContentType">As given by the client who stored it.</param>
/// <param name="ExpiresAt">Null for never.</param>
internal sealed record StoredValue(EntryVersion Version, ReadOnlyMemory<byte> Value, string ContentType, DateTimeOffset? ExpiresAt);

/// <summary>A write: of a value, or (if <see cref="Value"/> is null) of a deletion.</summary>
/// <param name="Value">The bytes to store; null deletes.</param>
/// <param name="ContentType">Media type of the value.</param>
/// <param name="TimeToLive">After this time the key is absent; null for never.</param>
/// <param name="Condition">Null for none.</param>
internal sealed record WriteCommand(
    ReadOnlyMemory<byte>? Value,
    string ContentType = "",
    TimeSpan? TimeToLive = null,
    WriteCondition? Condition = null);

/// <summary>What must hold for a write to take effect.</summary>
/// <param name="Kind">Which test.</param>
/// <param name="Versions">For the tests against versions; empty otherwise.</param>
internal sealed record WriteCondition(WriteConditionKind Kind, IReadOnlyList<EntryVersion> Versions)
{
    /// <summary>The key must have a value (<c>If-Match: *</c>).</summary>
    public static WriteCondition Exists { get; } = new(WriteConditionKind.Exists, []);

    /// <summary>The key must have no value (<c>If-None-Match: *</c>).</summary>
    public static WriteCondition Absent { get; } = new(WriteConditionKind.Absent, []);
}

internal enum WriteConditionKind
{
    Exists,
    Absent,

    /// <summary>The key has a value, of one of the versions (<c>If-Match: "a", "b"</c>).</summary>
    MatchesAny,

    /// <summary>The key has no value, or one of another version (<c>If-None-Match: "a"</c>).</summary>
    MatchesNone,
}

/// <summary>What became of a write.</summary>
/// <param name="Passed">False if the condition did not hold: then nothing was changed.</param>
/// <param name="Version">The version written.</param>
/// <param name="Existed">The key had a value before.</param>
/// <param name="Replicas">Copies that acknowledged.</param>
/// <param name="ReplicasWanted">The replication factor.</param>
internal readonly record struct WriteOutcome(bool Passed, EntryVersion Version, bool Existed, int Replicas, int ReplicasWanted);

/// <summary>The store cannot answer for this key now. The message is a sentence for the client.</summary>
/// <param name="message">What is missing, and what to do.</param>
/// <param name="retryAfter">When trying again makes sense.</param>
internal sealed class StoreUnavailableException(string message, TimeSpan retryAfter) : Exception(message)
{
    public TimeSpan RetryAfter { get; } = retryAfter;

    /// <summary>The write may have taken effect, or may still do so.</summary>
    public bool OutcomeUnknown { get; init; }

    /// <summary>Names of the nodes whose return would help.</summary>
    public IReadOnlyList<string> WaitingFor { get; init; } = [];

    /// <summary>The queues are full (429) rather than copies missing (503).</summary>
    public bool Overloaded { get; init; }
}
