using Google.Protobuf;
using KvAspire.Node.Replication.Records;
using KvAspire.Node.Storage;
using KvAspire.Protocol;

namespace KvAspire.Node.Replication;

/// <content>Coming back, filling a slot from another node, and letting go of one.</content>
internal sealed partial class ReplicaCore
{
    /// <summary>Writes of clients wait while a chunk is stored: about a millisecond.</summary>
    private const int ChunkBytes = 64 * 1024;

    /// <summary>More keys than these are not remembered, over all slots: then a slot is truncated as soon as it is written to.</summary>
    private const int MostWrittenBefore = 50_000;

    /// <summary>Per slot that is not truncated yet, the keys that were written since it began to catch up; null for none. Guarded by the lock.</summary>
    private readonly (ulong Joined, HashSet<ByteString> Keys)?[] _writtenSince = new (ulong, HashSet<ByteString>)?[SlotCount];

    private int _written;

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
        lock (_gate)
        {
            truncated = 0;
            if (_fault.Length > 0 || !IsToBeFilled(slot, joined, under))
            {
                return null;
            }

            var read = new SlotRead { Slot = (uint)slot };
            if (joined != 0)
            {
                Change(() => Truncate(slot, joined));
                read.Keys.Add(_rules.AskForDroppedKeys ? DroppedKeys(slot).Keys : []);
                truncated = read.Keys.Count;
            }

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
            var found = _engine.TryGet(slot, entry.Key.Span, out var current);
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

    /// <summary>
    /// Drops what this node holds from its sync point on: it was possibly never acknowledged, and the source's state is
    /// the truth (as Raft and Kafka truncate an uncommitted suffix). The keys are remembered, durably and in the same
    /// step, so that a copy that is cut short asks for them again.
    /// </summary>
    private void Truncate(int slot, ulong joined)
    {
        if (_truncatedFor[slot] == joined || !_rules.Truncate)
        {
            return;
        }

        var batch = new StorageBatch();
        var syncPoint = SyncPoint(slot);
        if (syncPoint == default)
        {
            Purge(slot, batch);
        }
        else
        {
            var dropped = DroppedKeys(slot);
            var known = dropped.Keys.ToHashSet();
            var written = _writtenSince[slot] is { } since && since.Joined == joined ? since.Keys : [];
            foreach (var entry in _engine.Scan(slot))
            {
                if (entry.Version >= syncPoint)
                {
                    var key = ByteString.CopyFrom(entry.Key.Span);
                    if (!written.Contains(key))
                    {
                        batch.Remove(slot, key.Memory);
                    }

                    if (known.Add(key))
                    {
                        dropped.Keys.Add(key);
                    }
                }
            }

            if (!batch.IsEmpty)
            {
                batch.PutMetadata(DroppedKeysName(slot), dropped.ToByteArray());
            }
        }

        if (!batch.IsEmpty)
        {
            Write(batch, sync: false);
        }

        _truncatedFor[slot] = joined;
        ForgetWritten(slot);
    }

    /// <summary>
    /// What <see cref="Truncate"/> means for a key that a client writes before the slot as a whole is truncated: that takes a scan, and no
    /// client should wait for those of many slots.
    /// </summary>
    /// <param name="slot">The slot, which is catching up.</param>
    /// <param name="joined">Since which view.</param>
    /// <param name="key">The key that is written.</param>
    /// <param name="version">What the node has of it; the lowest version if nothing.</param>
    /// <returns>That counts as not there: it was possibly never acknowledged.</returns>
    private bool IsTruncated(int slot, ulong joined, ByteString key, EntryVersion version)
    {
        if (_truncatedFor[slot] == joined || !_rules.Truncate)
        {
            return false;
        }

        if (_writtenSince[slot] is not { } since || since.Joined != joined)
        {
            ForgetWritten(slot);
            _writtenSince[slot] = since = (joined, []);
        }

        var syncPoint = SyncPoint(slot);
        var isDropped = version >= syncPoint && !since.Keys.Contains(key);
        if (syncPoint == default || _written >= MostWrittenBefore)
        {
            // Without a sync point all goes, and nothing is to be looked at.
            Truncate(slot, joined);
        }

        return isDropped;
    }

    /// <summary>Notes that a client has written the key, in case the slot is still to be truncated.</summary>
    private void NoteWritten(int slot, ByteString key)
    {
        if (_writtenSince[slot] is { } since && since.Keys.Add(key))
        {
            _written++;
        }
    }

    private void ForgetWritten(int slot)
    {
        _written -= _writtenSince[slot]?.Keys.Count ?? 0;
        _writtenSince[slot] = null;
    }

    /// <summary>Below it this node holds what every in-sync replica holds; the lowest version if that is not known.</summary>
    private EntryVersion SyncPoint(int slot) => _syncPoints[slot] is var told && told.Epoch >= _view.ResetOf(slot) ? told : default;

    /// <summary>Brings one slot in line with a view that is known to be committed.</summary>
    private void SettleSlot(int slot, StorageBatch batch)
    {
        var duty = _view.RoleIn((uint)slot).Duty;
        if (duty != SlotDuty.CatchingUp)
        {
            ForgetWritten(slot);
        }

        switch (duty)
        {
            case SlotDuty.None when _view.IsServed(slot):
                Purge(slot, batch);
                break;
            case SlotDuty.InSync when _truncatedFor[slot] != 0:
                // Filled: what was dropped has been replaced.
                batch.PutMetadata(DroppedKeysName(slot), null);
                _truncatedFor[slot] = 0;
                break;
        }
    }

    private void Purge(int slot, StorageBatch batch)
    {
        _syncPoints.Reset(slot);
        if (_mayHold[slot])
        {
            batch.PurgeSlot(slot);
            batch.PutMetadata(DroppedKeysName(slot), null);
        }
    }

    private static string DroppedKeysName(int slot) => $"dropped/{slot}";

    private DroppedKeysRecord DroppedKeys(int slot) => _engine.GetMetadata(DroppedKeysName(slot)) is { } saved
        ? DroppedKeysRecord.Parser.ParseFrom(saved)
        : new DroppedKeysRecord();
}
