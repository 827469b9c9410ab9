using KvAspire.Node.Storage;

namespace KvAspire.Node.Replication;

/// <content>Removing for good what is dead.</content>
internal sealed partial class ReplicaCore
{
    /// <summary>Entries that are swept in one step; writes of clients wait for it.</summary>
    private const int RemovedTogether = 256;

    private EntryVersion _floor;
    private EntryVersion _sweptTo;

    /// <summary>Tombstones and expired entries below this version may be removed for good.</summary>
    private EntryVersion Floor
    {
        set => _floor = value > _floor ? value : _floor;
    }

    /// <summary>
    /// Removes tombstones and expired entries below the floor. Each step looks through one slot that may have some, and tells how many were
    /// removed there.
    /// </summary>
    /// <exception cref="StorageException">The node has stopped.</exception>
    public IEnumerable<int> Sweep()
    {
        EntryVersion floor;
        long now;
        lock (_gate)
        {
            floor = _floor;
            now = _clock;
        }

        if (floor <= _sweptTo || _fault.Length > 0)
        {
            yield break;
        }

        for (var slot = 0; slot < SlotCount; slot++)
        {
            if (_mayHold[slot] && _mayEnd[slot])
            {
                yield return Sweep(slot, floor, now);
            }
        }

        _sweptTo = floor;
    }

    private int Sweep(int slot, EntryVersion floor, long now)
    {
        lock (_gate)
        {
            // Set again by what is written from here on, and by what is found and stays.
            _mayEnd[slot] = false;
        }

        var remains = true;
        try
        {
            var gone = new List<(ReadOnlyMemory<byte> Key, EntryVersion Version)>();
            var kept = false;
            foreach (var entry in _engine.Scan(slot))
            {
                if (entry.Version < floor && !IsLive(entry, now))
                {
                    gone.Add((entry.Key.ToArray(), entry.Version));
                }
                else
                {
                    kept |= EndsOnItsOwn(entry);
                }
            }

            foreach (var some in gone.Chunk(RemovedTogether))
            {
                Remove(slot, some);
            }

            remains = kept;
            return gone.Count;
        }
        finally
        {
            if (remains)
            {
                lock (_gate)
                {
                    _mayEnd[slot] = true;
                }
            }
        }
    }

    private void Remove(int slot, (ReadOnlyMemory<byte> Key, EntryVersion Version)[] gone)
    {
        lock (_gate)
        {
            var batch = new StorageBatch();
            foreach (var (key, version) in gone)
            {
                if (_engine.TryGet(slot, key.Span, out var current) && current.Version == version)
                {
                    batch.Remove(slot, key);
                }
            }

            Write(batch, sync: false);
        }
    }

    /// <summary>Stores an entry, and notes what the slot may hold now.</summary>
    private void Put(StorageBatch batch, int slot, in StoredEntry entry)
    {
        batch.Put(slot, entry);
        _mayHold[slot] = true;
        _mayEnd[slot] |= EndsOnItsOwn(entry);
    }

    /// <summary>It is to be removed some day without anybody asking for it.</summary>
    private static bool EndsOnItsOwn(in StoredEntry entry) => entry.Tombstone || entry.ExpiresAt != 0;
}
