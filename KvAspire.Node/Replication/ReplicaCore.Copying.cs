using Google.Protobuf;
using KvAspire.Node.Storage;
using KvAspire.Protocol;

namespace KvAspire.Node.Replication;

/// <content>Coming back, filling a slot from another node, and letting go of one.</content>
internal sealed partial class ReplicaCore
{
    /// <summary>Writes of clients wait while a chunk is stored: about a millisecond.</summary>
    private const int ChunkBytes = 64 * 1024;

    /// <summary>
    /// What to ask the source for: the slot's entries from the sync point on, and the keys that were dropped.
    /// Null if the slot is not this node's to fill (any more).
    /// </summary>
    /// <param name="slot">The slot.</param>
    /// <param name="joined">
    /// The view that put this node on the catching-up list; 0 to level a replica that is in sync.
    /// </param>
    /// <param name="truncated">How many entries were dropped, or had been before.</param>
    /// <param name="under">The view under which a replica that is in sync is levelled.</param>
    public SlotRead? BeginCopy(int slot, ulong joined, out int truncated, ulong under = 0)
    {
        truncated = 0;
        var read = new SlotRead { Slot = (uint)slot };
        if (joined != 0)
        {
            if (!Truncate(slot, joined))
            {
                return null;
            }

            read.Keys.Add(_rules.AskForDroppedKeys ? DroppedKeys(slot) : []);
        }

        lock (_gate)
        {
            if (_fault.Length > 0 || !IsToBeFilled(slot, joined, under))
            {
                return null;
            }

            truncated = read.Keys.Count;
            read.SinceEpoch = SyncPoint(slot).Epoch;
            read.SinceCounter = SyncPoint(slot).Counter;
            return read;
        }
    }

    /// <summary>Stores what the source sent. False if the slot is no longer this node's to fill.</summary>
    /// <exception cref="ArgumentException">There is something among it that no node stores.</exception>
    public bool Absorb(int slot, ulong joined, IReadOnlyList<Entry> entries, ulong under = 0)
    {
        if (!entries.All(CanBeStored))
        {
            throw new ArgumentException("An entry with a key or a content type that cannot be stored.", nameof(entries));
        }

        lock (_gate)
        {
            if (_fault.Length > 0 || !IsToBeFilled(slot, joined, under))
            {
                return false;
            }

            Change(() => Absorb(slot, entries, isLevelled: joined == 0));
            return true;
        }
    }

    private void Absorb(int slot, IReadOnlyList<Entry> entries, bool isLevelled)
    {
        var batch = new StorageBatch();
        foreach (var message in entries)
        {
            var entry = ToEntry(message);
            var found = _engine.TryGetHeader(slot, entry.Key.Span, out var current);
            if (_rules.RefuseBelowFloor && isLevelled && !found && entry.Version < _floor)
            {
                // Whoever is in sync has held it: it was deleted while it was on its way, and the tombstone is swept.
                continue;
            }

            if (!found || entry.Version > current.Version || !_rules.TakeHigherVersionsOnly)
            {
                Put(batch, slot, entry);
            }
        }

        if (!batch.IsEmpty)
        {
            // What levels a chain is acknowledged when a client asks for it again.
            Write(batch, sync: isLevelled && _fsync == FsyncMode.Always);
        }
    }

    /// <summary>
    /// The entries of a slot that the reader may lack, in chunks of about 64 KiB. The last chunk of the slot says so;
    /// it does not come if this node is (no longer) in sync for the slot.
    /// </summary>
    public IEnumerable<SlotChunk> ReadSlot(ulong epoch, SlotRead read)
    {
        var slot = (int)read.Slot;
        if (!IsSource(epoch, read.Slot))
        {
            yield break;
        }

        var since = new EntryVersion(read.SinceEpoch, read.SinceCounter);
        var chunk = new SlotChunk { Slot = read.Slot };
        var size = 0;
        foreach (var entry in DroppedAndLater(slot, read.Keys, since))
        {
            chunk.Entries.Add(ToMessage(entry, withKey: true));
            size += entry.Key.Length + entry.Value.Length + 64;
            if (size >= ChunkBytes)
            {
                yield return chunk;
                chunk = new SlotChunk { Slot = read.Slot };
                size = 0;
            }
        }

        if (IsSource(epoch, read.Slot))
        {
            chunk.Last = true;
            yield return chunk;
        }
    }

    private IEnumerable<StoredEntry> DroppedAndLater(int slot, IReadOnlyList<ByteString> keys, EntryVersion since)
    {
        foreach (var key in keys)
        {
            if (_engine.TryGet(slot, key.Span, out var entry) && entry.Version < since)
            {
                yield return entry;
            }
        }

        foreach (var entry in _engine.Scan(slot))
        {
            if (entry.Version >= since)
            {
                yield return entry;
            }
        }
    }

    private bool IsSource(ulong epoch, uint slot)
    {
        var view = _view;
        return _fault.Length == 0 && view.Epoch >= epoch && view.RoleIn(slot).Duty == SlotDuty.InSync;
    }

    /// <summary>
    /// What levels a chain counts under one view only: in a later one, the farther neighbour may have dropped what it had, as nobody had
    /// acknowledged it.
    /// </summary>
    private bool IsToBeFilled(int slot, ulong joined, ulong under)
    {
        var role = _view.RoleIn((uint)slot);
        return joined == 0
            ? role.Duty == SlotDuty.InSync && (under == _view.Epoch || !_rules.LevelUnderOneView)
            : role.Duty == SlotDuty.CatchingUp && role.Joined == joined;
    }

    /// <summary>Below it this node holds what every in-sync replica holds; the lowest version if that is not known.</summary>
    private EntryVersion SyncPoint(int slot) => _syncPoints[slot] is var told && told.Epoch >= _view.ResetOf(slot) ? told : default;

    /// <summary>Brings one slot in line with a view that is known to be committed.</summary>
    private void SettleSlot(int slot, StorageBatch batch)
    {
        var duty = _view.RoleIn((uint)slot).Duty;
        if (duty != SlotDuty.CatchingUp)
        {
            ForgetTruncation(slot);
        }

        switch (duty)
        {
            case SlotDuty.None when _view.IsServed(slot):
                Purge(slot, batch);
                break;
            case SlotDuty.InSync when _truncatedFor[slot] != 0:
                // Filled: what was dropped has been replaced.
                ForgetDroppedKeys(slot, batch);
                _truncatedFor[slot] = 0;
                break;
        }
    }

    private void Purge(int slot, StorageBatch batch)
    {
        _syncPoints.Reset(slot);
        ForgetDroppedKeys(slot, batch);
        if (_mayHold[slot])
        {
            batch.PurgeSlot(slot);
        }
    }
}
