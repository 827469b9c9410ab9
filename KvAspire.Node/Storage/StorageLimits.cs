namespace KvAspire.Node.Storage;

/// <summary>What an engine accepts at all; the limit on values is a matter of configuration.</summary>
internal static class StorageLimits
{
    public const int SlotCount = 1024;

    /// <summary>Bytes of UTF-8.</summary>
    public const int MaxKeyBytes = 1024;

    /// <summary>Characters.</summary>
    public const int MaxContentTypeLength = 1024;

    /// <exception cref="ArgumentOutOfRangeException">There is no such slot.</exception>
    public static void CheckSlot(int slot) => ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)slot, (uint)SlotCount, nameof(slot));

    /// <summary>Before anything of it is applied, so that a wrong batch changes nothing.</summary>
    /// <exception cref="ArgumentException">A slot, key or name that cannot be stored: a fault of the caller.</exception>
    public static void Check(StorageBatch batch)
    {
        foreach (var change in batch.Changes)
        {
            CheckSlot(change.Slot);
            switch (change.Kind)
            {
                case ChangeKind.Put or ChangeKind.Remove when change.Entry.Key.Length is 0 or > MaxKeyBytes:
                    throw new ArgumentException($"A key has 1 to {MaxKeyBytes} bytes; this one has {change.Entry.Key.Length}.", nameof(batch));
                case ChangeKind.Put when change.Entry.ContentType.Length > MaxContentTypeLength:
                    throw new ArgumentException($"A content type has at most {MaxContentTypeLength} characters; this one has {change.Entry.ContentType.Length}.", nameof(batch));
                case ChangeKind.Metadata when string.IsNullOrEmpty(change.Name):
                    throw new ArgumentException("A value of the node's own needs a name.", nameof(batch));
            }
        }
    }
}
