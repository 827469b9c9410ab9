using System.Buffers;
using System.Text;
using RocksDbSharp;

namespace KvAspire.Node.Storage;

/// <summary>Turns a batch into the database's own.</summary>
internal static class RocksDbBatch
{
    /// <summary>Adds the changes to <paramref name="target"/>, in order, and gives their size in bytes, about.</summary>
    public static int Fill(WriteBatch target, StorageBatch batch, ColumnFamilyHandle metadata)
    {
        Span<byte> key = stackalloc byte[EntryFormat.SlotBytes + StorageLimits.MaxKeyBytes];
        var buffer = ArrayPool<byte>.Shared.Rent(4096);
        try
        {
            var size = 0;
            foreach (var change in batch.Changes)
            {
                size += Add(target, change, metadata, key, ref buffer);
            }

            return size;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static int Add(WriteBatch target, in StorageChange change, ColumnFamilyHandle metadata, Span<byte> key, ref byte[] buffer)
    {
        switch (change.Kind)
        {
            case ChangeKind.Put:
                var keyLength = EntryFormat.WriteKey(change.Slot, change.Entry.Key.Span, key);
                Reserve(ref buffer, EntryFormat.MaxValueLength(change.Entry));
                var valueLength = EntryFormat.WriteValue(change.Entry, buffer);
                target.Put(key[..keyLength], buffer.AsSpan(0, valueLength));
                return keyLength + valueLength;
            case ChangeKind.Remove:
                target.Delete(key[..EntryFormat.WriteKey(change.Slot, change.Entry.Key.Span, key)]);
                break;
            case ChangeKind.PurgeSlot:
                var (from, to) = (EntryFormat.SlotStart(change.Slot), EntryFormat.SlotStart(change.Slot + 1));
                target.DeleteRange(from, (ulong)from.Length, to, (ulong)to.Length);
                break;
            case ChangeKind.Metadata when change.Value is { } value:
                target.Put(Encoding.UTF8.GetBytes(change.Name!), value, metadata);
                return value.Length;
            case ChangeKind.Metadata:
                target.Delete(Encoding.UTF8.GetBytes(change.Name!), metadata);
                break;
        }

        return key.Length;
    }

    private static void Reserve(ref byte[] buffer, int length)
    {
        if (buffer.Length < length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(length);
            ArrayPool<byte>.Shared.Return(buffer);
            buffer = larger;
        }
    }
}
