using Google.Protobuf;
using KvAspire.Node.Replication.Records;
using KvAspire.Node.Storage;

namespace KvAspire.Node.Replication;

/// <content>Dropping what was possibly never acknowledged, when a slot begins to catch up.</content>
internal sealed partial class ReplicaCore
{
    /// <summary>Of more keys than these, over all slots, it is not remembered that clients wrote them: then each such write truncates some of its slot.</summary>
    private const int MostWrittenBefore = 50_000;

    /// <summary>Per slot that catches up and is not truncated yet, if anything has been done about it; null for none. Guarded by the lock.</summary>
    private readonly SlotTruncation?[] _truncations = new SlotTruncation?[SlotCount];

    /// <summary>Per slot, in how many records the keys of dropped entries are noted; written under the lock.</summary>
    private readonly int[] _droppedRecords = new int[SlotCount];

    private int _written;

    /// <summary>
    /// Drops what this node holds from its sync point on: it was possibly never acknowledged, and the source's state is
    /// the truth (as Raft and Kafka truncate an uncommitted suffix). The keys are remembered, durably and in the same
    /// step, so that a copy that is cut short asks for them again.
    /// </summary>
    /// <remarks>
    /// The slot is looked through without the lock, as that may take a second, and what is to go goes in steps. A step leaves a state like that
    /// after a truncation: what is gone is noted, and what is left has its version. So it does not matter if it is the last one.
    /// </remarks>
    /// <returns>False if the slot is not this node's to fill (any more).</returns>
    private bool Truncate(int slot, ulong joined)
    {
        while (true)
        {
            SlotTruncation? truncation;
            ReadOnlyMemory<byte> after;
            lock (_gate)
            {
                if (_fault.Length > 0 || !IsToBeFilled(slot, joined, 0))
                {
                    return false;
                }

                truncation = TruncationOf(slot, joined);
                after = truncation?.UpTo ?? default;
            }

            if (truncation is null)
            {
                return true;
            }

            var noted = DroppedKeys(slot).Select(key => key.Memory).ToHashSet(KeyComparer.Instance);
            LookThrough(slot, truncation, after, noted);
        }
    }

    /// <summary>What is begun for the slot; null if nothing is left to do. Without a sync point all goes, and nothing is to be looked at.</summary>
    private SlotTruncation? TruncationOf(int slot, ulong joined)
    {
        if (_truncatedFor[slot] == joined || !_rules.Truncate)
        {
            return null;
        }

        var from = SyncPoint(slot);
        if (from == default)
        {
            Change(() =>
            {
                var batch = new StorageBatch();
                Purge(slot, batch);
                if (!batch.IsEmpty)
                {
                    Write(batch, sync: false);
                }

                EndTruncation(slot, joined);
            });
            return null;
        }

        if (_truncations[slot] is { } other && other.Joined != joined)
        {
            ForgetTruncation(slot);
        }

        return _truncations[slot] is { } begun && begun.From == from
            ? begun
            : _truncations[slot] = new SlotTruncation(joined, from, before: _truncations[slot]);
    }

    /// <summary>
    /// Goes through the slot, as it is at the first step. Whatever is written later, the truncation knows of: it has begun.
    /// </summary>
    /// <param name="slot">The slot.</param>
    /// <param name="truncation">Its truncation.</param>
    /// <param name="after">Up to here it is done.</param>
    /// <param name="noted">Keys of dropped entries that are noted already.</param>
    /// <param name="isOneStep">Whether to end after some entries.</param>
    private void LookThrough(int slot, SlotTruncation truncation, ReadOnlyMemory<byte> after, HashSet<ReadOnlyMemory<byte>> noted, bool isOneStep = false)
    {
        var keys = new List<ReadOnlyMemory<byte>>();
        var (seen, bytes) = (0, 0);
        foreach (var (key, header) in _engine.ScanHeaders(slot, after))
        {
            if (header.Version >= truncation.From)
            {
                keys.Add(key);
            }

            (seen, bytes) = (seen + 1, bytes + header.ValueBytes);
            var isEnough = seen >= SeenTogether || bytes >= BytesSeenTogether;
            if (isEnough || keys.Count == RemovedTogether)
            {
                if (!Drop(slot, truncation, keys, noted, upTo: key) || (isEnough && isOneStep))
                {
                    return;
                }

                keys.Clear();
                (seen, bytes) = isEnough ? (0, 0) : (seen, bytes);
            }
        }

        Drop(slot, truncation, keys, noted, upTo: null);
    }

    /// <summary>Drops what is there of the keys, unless a client wrote it since.</summary>
    /// <param name="slot">The slot.</param>
    /// <param name="truncation">Its truncation.</param>
    /// <param name="keys">All to be dropped up to the next parameter, from where the truncation was; or from farther back, if another copy has gone on.</param>
    /// <param name="noted">As above.</param>
    /// <param name="upTo">How far it is then; null for the end.</param>
    /// <returns>Whether to go on: no, if it was the last step, if another copy has come to the end, or if the view is another.</returns>
    private bool Drop(
        int slot, SlotTruncation truncation, List<ReadOnlyMemory<byte>> keys, HashSet<ReadOnlyMemory<byte>> noted, ReadOnlyMemory<byte>? upTo)
    {
        lock (_gate)
        {
            if (_fault.Length > 0
                || _truncations[slot] != truncation
                || !IsToBeFilled(slot, truncation.Joined, 0)
                || SyncPoint(slot) != truncation.From)
            {
                return false;
            }

            Change(() =>
            {
                // What is past was dropped by another copy, which may have filled it since.
                DropKeys(slot, truncation, keys.Where(key => !truncation.IsPast(key.Span)), noted);
                if (upTo is { } last)
                {
                    truncation.Advance(last);
                }
                else
                {
                    EndTruncation(slot, truncation.Joined);
                }
            });
            return upTo is not null;
        }
    }

    private void DropKeys(int slot, SlotTruncation truncation, IEnumerable<ReadOnlyMemory<byte>> keys, HashSet<ReadOnlyMemory<byte>> noted)
    {
        var batch = new StorageBatch();
        var dropped = new DroppedKeysRecord();
        foreach (var key in keys)
        {
            if (noted.Add(key))
            {
                dropped.Keys.Add(UnsafeByteOperations.UnsafeWrap(key));
            }

            if (!truncation.IsWritten(key) && _engine.TryGetHeader(slot, key.Span, out var current) && current.Version >= truncation.From)
            {
                batch.Remove(slot, key);
            }
        }

        if (dropped.Keys.Count > 0)
        {
            batch.PutMetadata(DroppedKeysName(slot, _droppedRecords[slot]++), dropped.ToByteArray());
        }

        if (!batch.IsEmpty)
        {
            Write(batch, sync: false);
        }
    }

    /// <summary>
    /// What <see cref="Truncate"/> means for a key that a client writes before the slot as a whole is truncated: that takes a scan, and
    /// no client should wait for those of many slots.
    /// </summary>
    /// <param name="slot">The slot, which is catching up.</param>
    /// <param name="joined">Since which view.</param>
    /// <param name="key">The key that is written.</param>
    /// <param name="version">What the node has of it; the lowest version if nothing.</param>
    /// <returns>That counts as not there: it was possibly never acknowledged.</returns>
    private bool IsTruncated(int slot, ulong joined, ReadOnlyMemory<byte> key, EntryVersion version)
    {
        if (_truncatedFor[slot] == joined || !_rules.Truncate)
        {
            return false;
        }

        if (TruncationOf(slot, joined) is not { } truncation)
        {
            return true;
        }

        var isDropped = version >= truncation.From && !truncation.IsPast(key.Span) && !truncation.IsWritten(key);
        if (_written >= MostWrittenBefore)
        {
            LookThrough(slot, truncation, truncation.UpTo, new(KeyComparer.Instance), isOneStep: true);
        }

        return isDropped;
    }

    /// <summary>Notes that a client has written the key, in case it is still to be truncated.</summary>
    private void NoteWritten(int slot, ReadOnlyMemory<byte> key)
    {
        if (_truncations[slot] is { } truncation && truncation.NoteWritten(key))
        {
            _written++;
        }
    }

    private void EndTruncation(int slot, ulong joined)
    {
        _truncatedFor[slot] = joined;
        ForgetTruncation(slot);
    }

    private void ForgetTruncation(int slot)
    {
        _written -= _truncations[slot]?.Written ?? 0;
        _truncations[slot] = null;
    }

    /// <summary>A record for each step, numbered from 0.</summary>
    private static string DroppedKeysName(int slot, int record) => record == 0 ? $"dropped/{slot}" : $"dropped/{slot}/{record}";

    private IEnumerable<DroppedKeysRecord> DroppedRecords(int slot)
    {
        for (var n = 0; _engine.GetMetadata(DroppedKeysName(slot, n)) is { } saved; n++)
        {
            yield return DroppedKeysRecord.Parser.ParseFrom(saved);
        }
    }

    /// <summary>Each key once. While the slot is being filled, records are only added, before it is truncated.</summary>
    private IEnumerable<ByteString> DroppedKeys(int slot)
    {
        var known = new HashSet<ReadOnlyMemory<byte>>(KeyComparer.Instance);
        return DroppedRecords(slot).SelectMany(record => record.Keys).Where(key => known.Add(key.Memory));
    }

    private void ForgetDroppedKeys(int slot, StorageBatch batch)
    {
        while (_droppedRecords[slot] > 0)
        {
            batch.PutMetadata(DroppedKeysName(slot, --_droppedRecords[slot]), null);
        }
    }
}
