namespace KvAspire.Node.Storage;

/// <summary>What an engine tells of an entry without giving its value.</summary>
/// <param name="Version">As in <see cref="StoredEntry"/>.</param>
/// <param name="ExpiresAt">As in <see cref="StoredEntry"/>.</param>
/// <param name="Tombstone">As in <see cref="StoredEntry"/>.</param>
/// <param name="ValueBytes">How long the value is.</param>
internal readonly record struct EntryHeader(EntryVersion Version, long ExpiresAt, bool Tombstone, int ValueBytes);
