using RocksDbSharp;

namespace KvAspire.Node.Storage;

/// <content>Stepping through a slot.</content>
internal sealed partial class RocksDbStorageEngine
{
    // Native iterators read their bound from here for as long as they live; filled on first use, by any thread.
    private readonly ReadOptions?[] _scan = new ReadOptions?[StorageLimits.SlotCount];

    private delegate T ReadStep<T>(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value);

    public IEnumerable<StoredEntry> Scan(int slot, ReadOnlyMemory<byte> after = default)
    {
        StorageLimits.CheckSlot(slot);
        return ScanSlot(slot, after, static (key, value) =>
        {
            var buffer = GC.AllocateUninitializedArray<byte>(key.Length + value.Length);
            key.CopyTo(buffer);
            value.CopyTo(buffer.AsSpan(key.Length));
            return EntryFormat.Read(buffer, key.Length);
        });
    }

    public IEnumerable<(ReadOnlyMemory<byte> Key, EntryHeader Header)> ScanHeaders(int slot, ReadOnlyMemory<byte> after = default)
    {
        StorageLimits.CheckSlot(slot);
        return ScanSlot(slot, after, static (key, value) => ((ReadOnlyMemory<byte>)key.ToArray(), EntryFormat.ReadHeader(value, value.Length)));
    }

    private IEnumerable<T> ScanSlot<T>(int slot, ReadOnlyMemory<byte> after, ReadStep<T> read)
        where T : struct
    {
        // The successor of a key is the key and a zero byte.
        var from = after.IsEmpty ? EntryFormat.SlotStart(slot) : new byte[EntryFormat.SlotBytes + after.Length + 1];
        EntryFormat.WriteKey(slot, after.Span, from);
        Enter();
        try
        {
            using var iterator = _database.NewIterator(null, ScanOptions(slot));
            for (iterator.Seek(from); TryRead(iterator, read, out var entry); iterator.Next())
            {
                yield return entry;
                ThrowIfStopped();
                ObjectDisposedException.ThrowIf(_gate.IsClosing, this);
            }
        }
        finally
        {
            _gate.Leave();
        }
    }

    private bool TryRead<T>(Iterator iterator, ReadStep<T> read, out T entry)
        where T : struct
    {
        try
        {
            if (iterator.Valid())
            {
                entry = read(iterator.GetKeySpan()[EntryFormat.SlotBytes..], iterator.GetValueSpan());
                return true;
            }

            // An iterator that met damage looks like one at its end.
            Native.Instance.rocksdb_iter_get_error(iterator.Handle, out var error);
            entry = default;
            return error == 0 ? false : throw new RocksDbException(error);
        }
        catch (Exception e) when (IsFailure(e))
        {
            throw Stop("scanning", e);
        }
    }

    private ReadOptions ScanOptions(int slot)
    {
        if (Volatile.Read(ref _scan[slot]) is { } ready)
        {
            return ready;
        }

        // A scan of a whole slot must not push out what reads of single keys have brought into the cache.
        var made = new ReadOptions().SetIterateUpperBound(EntryFormat.SlotStart(slot + 1)).SetFillCache(false);
        return Interlocked.CompareExchange(ref _scan[slot], made, null) ?? made;
    }
}
