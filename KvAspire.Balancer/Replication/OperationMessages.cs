using Google.Protobuf;
using KvAspire.Balancer.Store;
using KvAspire.Protocol;

namespace KvAspire.Balancer.Replication;

/// <summary>Operations as nodes read them.</summary>
internal static class OperationMessages
{
    public static Operation Read(int slot, ReadOnlyMemory<byte> key) => new()
    {
        Kind = OperationKind.Read,
        Slot = (uint)slot,
        Entry = new Entry { Key = UnsafeByteOperations.UnsafeWrap(key) },
    };

    public static Operation Write(int slot, Entry entry, Condition? condition = null) => new()
    {
        Kind = OperationKind.Write,
        Slot = (uint)slot,
        Entry = entry,
        Condition = condition,
    };

    public static Entry EntryOf(PendingWrite write) => new()
    {
        Key = UnsafeByteOperations.UnsafeWrap(write.Key),
        VersionEpoch = write.Version.Epoch,
        VersionCounter = write.Version.Counter,
        Value = write.Command.Value is { } value ? UnsafeByteOperations.UnsafeWrap(value) : ByteString.Empty,
        ContentType = write.Command.ContentType,
        ExpiresAt = write.ExpiresAt,
        Tombstone = write.Command.Value is null,
    };

    /// <summary>Sent to the far end with every write: it also tells whether there was a value before.</summary>
    public static Condition ConditionOf(PendingWrite write, long now)
    {
        var condition = new Condition
        {
            Now = now,
            Kind = write.Command.Condition?.Kind switch
            {
                null => ConditionKind.None,
                WriteConditionKind.Exists => ConditionKind.Exists,
                WriteConditionKind.Absent => ConditionKind.Absent,
                WriteConditionKind.MatchesAny => ConditionKind.MatchesAny,
                _ => ConditionKind.MatchesNone,
            },
        };
        foreach (var version in write.Command.Condition?.Versions ?? [])
        {
            condition.Versions.Add(version.Epoch);
            condition.Versions.Add(version.Counter);
        }

        return condition;
    }
}
