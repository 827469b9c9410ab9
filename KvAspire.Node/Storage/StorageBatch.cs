namespace KvAspire.Node.Storage;

/// <summary>Changes that are written as one. They take effect in the order in which they were added.</summary>
internal sealed class StorageBatch
{
    private readonly List<StorageChange> _changes = [];

    public IReadOnlyList<StorageChange> Changes => _changes;

    public bool IsEmpty => _changes.Count == 0;

    /// <summary>Stores the entry, whatever was there.</summary>
    public void Put(int slot, in StoredEntry entry) => _changes.Add(new(ChangeKind.Put, slot, entry, null, null));

    /// <summary>Removes the key physically. Deleting for a client is a <see cref="Put"/> of a tombstone.</summary>
    public void Remove(int slot, ReadOnlyMemory<byte> key) =>
        _changes.Add(new(ChangeKind.Remove, slot, new StoredEntry(key, default, default, "", 0, false), null, null));

    /// <summary>Removes everything that the slot holds, and lets the space come back.</summary>
    public void PurgeSlot(int slot) => _changes.Add(new(ChangeKind.PurgeSlot, slot, default, null, null));

    /// <summary>Stores a value of the node's own; null removes it.</summary>
    public void PutMetadata(string name, byte[]? value) => _changes.Add(new(ChangeKind.Metadata, 0, default, name, value));
}

internal enum ChangeKind
{
    Put,
    Remove,
    PurgeSlot,
    Metadata,
}

/// <summary>One step of a <see cref="StorageBatch"/>; which fields count depends on the kind.</summary>
internal readonly record struct StorageChange(ChangeKind Kind, int Slot, StoredEntry Entry, string? Name, byte[]? Value);
