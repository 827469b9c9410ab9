using KvAspire.Node.Storage;

namespace KvAspire.Node.Replication;

/// <content>Removing for good what is dead.</content>
internal sealed partial class ReplicaCore
{
    /// <summary>Entries that are removed at once; writes of clients wait for it.</summary>
    private const int RemovedTogether = 256;

    /// <summary>Entries that are looked at in one step, and bytes of values that a disk may have to read for it.</summary>
    private const int SeenTogether = 2_000;
    private const int BytesSeenTogether = 1 << 20;

    /// <summary>Tombstones and expired entries below this version may be removed for good.</summary>
    private EntryVersion _floor;

    /// <summary>Of the entries below the floor, those that had expired by then.</summary>
    private long _expiredBy;

    /// <summary>What is judged by an earlier time than this clock has a lower version than this.</summary>
    private (long Clock, EntryVersion Next)? _ahead;
    private (EntryVersion Floor, long ExpiredBy) _swept;

    /// <summary>
    /// A write that failed because of a value that was there must not come upon its absence later, however late one of its tries arrives: those are
    /// judged by the time of the first. So a value that has expired goes when whatever is judged by a time before its end is below the floor, where late
    /// writes are refused.
    /// </summary>
    private void RaiseFloor(EntryVersion floor, long clock, EntryVersion next)
    {
        _floor = floor > _floor ? floor : _floor;
        if (_ahead is { } before && _floor >= before.Next)
        {
            _expiredBy = Math.Max(_expiredBy, before.Clock);
            _ahead = null;
        }

        if (_floor >= next || !_rules.SweepExpiredLate)
        {
            _expiredBy = Math.Max(_expiredBy, clock);
        }
        else
        {
            _ahead ??= (clock, next);
        }
    }

    /// <summary>
    /// Removes tombstones and expired entries below the floor. Each step looks at some entries of a slot that may have some, and tells how many
    /// were removed.
    /// </summary>
    /// <exception cref="StorageException">The node has stopped.</exception>
    public IEnumerable<int> Sweep()
    {
        EntryVersion floor;
        long now;
        lock (_gate)
        {
            floor = _floor;
            now = _expiredBy;
        }

        if (_fault.Length > 0)
        {
            yield break;
        }

        var isHigher = floor > _swept.Floor;
        for (var slot = 0; slot < SlotCount; slot++)
        {
            // What ends at no time of its own waits for the floor only.
            if (_mayHold[slot] && _endsAt[slot] <= now && (isHigher || _endsAt[slot] > _swept.ExpiredBy))
            {
                foreach (var removed in Sweep(slot, floor, now))
                {
                    yield return removed;
                }
            }
        }

        _swept = (floor, now);
    }

    private IEnumerable<int> Sweep(int slot, EntryVersion floor, long now)
    {
        lock (_gate)
        {
            // Lowered again by what is written from here on, and by what is found and stays.
            _endsAt[slot] = long.MaxValue;
        }

        var remains = 0L;
        try
        {
            var gone = new List<(ReadOnlyMemory<byte> Key, EntryVersion Version)>();
            var (kept, seen, bytes) = (long.MaxValue, 0, 0);
            foreach (var (key, header) in _engine.ScanHeaders(slot))
            {
                if (header.Version < floor && !IsLive(header, now))
                {
                    gone.Add((key, header.Version));
                }
                else
                {
                    kept = Math.Min(kept, EndOf(header));
                }

                (seen, bytes) = (seen + 1, bytes + header.ValueBytes);
                if (seen >= SeenTogether || bytes >= BytesSeenTogether)
                {
                    yield return Remove(slot, gone);
                    (seen, bytes) = (0, 0);
                }
            }

            yield return Remove(slot, gone);
            remains = kept;
        }
        finally
        {
            lock (_gate)
            {
                _endsAt[slot] = Math.Min(_endsAt[slot], remains);
            }
        }
    }

    /// <summary>Removes what is still as it was seen, and empties the list; the number is how many that were.</summary>
    private int Remove(int slot, List<(ReadOnlyMemory<byte> Key, EntryVersion Version)> seen)
    {
        foreach (var some in seen.Chunk(RemovedTogether))
        {
            lock (_gate)
            {
                Change(() =>
                {
                    var batch = new StorageBatch();
                    foreach (var (key, version) in some)
                    {
                        if (_engine.TryGetHeader(slot, key.Span, out var current) && current.Version == version)
                        {
                            batch.Remove(slot, key);
                        }
                    }

                    Write(batch, sync: false);
                });
            }
        }

        var count = seen.Count;
        seen.Clear();
        return count;
    }

    /// <summary>From when on it may be removed without anybody asking for it; a tombstone always may, and a value without an end never.</summary>
    private static long EndOf(in EntryHeader entry) => entry.Tombstone ? 0 : entry.ExpiresAt != 0 ? entry.ExpiresAt : long.MaxValue;
}
