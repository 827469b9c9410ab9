using Google.Protobuf;
using KvAspire.Node.Replication.Records;
using KvAspire.Node.Storage;

namespace KvAspire.Node.Replication;

/// <summary>
/// For each slot the version below which this node is known to hold everything that any in-sync replica holds, and
/// nothing else.
/// </summary>
/// <remarks>
/// What the node holds from its sync point on was possibly never acknowledged; what it may lack has versions from the
/// sync point on. So coming back means: drop from there on, take from there on. A sync point that is too low costs
/// work; one that is too high would cost data. Not thread-safe: the owner locks.
/// </remarks>
internal sealed class SyncPoints
{
    private readonly EntryVersion[] _points = new EntryVersion[ReplicaCore.SlotCount];

    public EntryVersion this[int slot] => _points[slot];

    public bool AreAllZero => _points.AsSpan().IndexOfAnyExcept(default(EntryVersion)) < 0;

    /// <returns>Whether anything changed.</returns>
    public bool Raise(int slot, EntryVersion to)
    {
        if (to <= _points[slot])
        {
            return false;
        }

        _points[slot] = to;
        return true;
    }

    public void Reset(int slot) => _points[slot] = default;

    public byte[] Save()
    {
        var runs = CountRuns();
        var record = new SyncPointsRecord();
        record.RunLength.Capacity = record.Epoch.Capacity = record.Counter.Capacity = runs;
        for (var start = 0; start < _points.Length;)
        {
            var end = start + 1;
            while (end < _points.Length && _points[end] == _points[start])
            {
                end++;
            }

            record.RunLength.Add((uint)(end - start));
            record.Epoch.Add(_points[start].Epoch);
            record.Counter.Add(_points[start].Counter);
            start = end;
        }

        return record.ToByteArray();
    }

    public void Load(byte[] saved)
    {
        var record = SyncPointsRecord.Parser.ParseFrom(saved);
        var slot = 0;
        for (var run = 0; run < record.RunLength.Count; run++)
        {
            for (var i = 0; i < record.RunLength[run] && slot < _points.Length; i++, slot++)
            {
                _points[slot] = new EntryVersion(record.Epoch[run], record.Counter[run]);
            }
        }
    }

    private int CountRuns()
    {
        var runs = 1;
        for (var slot = 1; slot < _points.Length; slot++)
        {
            runs += _points[slot] == _points[slot - 1] ? 0 : 1;
        }

        return runs;
    }
}
