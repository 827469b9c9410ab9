namespace KvAspire.Node.Storage;

/// <summary>One key's latest state on a node: a value, or a tombstone.</summary>
/// <param name="Key">1 to 1,024 bytes of UTF-8.</param>
/// <param name="Version">Given by the coordinator once.</param>
/// <param name="Value">The bytes as the client sent them; empty for a tombstone.</param>
/// <param name="ContentType">The media type of the value; empty for a tombstone.</param>
/// <param name="ExpiresAt">Unix milliseconds; 0 for never.</param>
/// <param name="Tombstone">The key was deleted.</param>
internal readonly record struct StoredEntry(
    ReadOnlyMemory<byte> Key,
    EntryVersion Version,
    ReadOnlyMemory<byte> Value,
    string ContentType,
    long ExpiresAt,
    bool Tombstone)
{
    public EntryHeader Header => new(Version, ExpiresAt, Tombstone, Value.Length);
}
