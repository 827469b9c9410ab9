using KvAspire.Load.Options;

namespace KvAspire.Load.Work;

/// <summary>
/// The operations of one worker, without end. They depend on the constructor's arguments only, never on answers or
/// on time: a run is replayed by its seed.
/// </summary>
/// <param name="seed">The run's seed.</param>
/// <param name="worker">The worker's number, from 0.</param>
/// <param name="keys">How many keys the worker owns; at least one.</param>
/// <param name="choice">Which key is next.</param>
/// <param name="mode">Which kinds of operation.</param>
internal sealed class Workload(ulong seed, int worker, int keys, KeyChoice choice, LoadMode mode)
{
    private const int SetPercent = 40;
    private const int DeletePercent = 10;

    /// <summary>In a sweep that overwrites, a fifth of the keys is deleted instead, each time another fifth.</summary>
    private const int SerialDeleteEvery = 5;

    private SplitMix _random = new(new SplitMix(seed + (ulong)worker).Next());
    private long _position;

    public Operation Next()
    {
        var position = _position++;
        return choice == KeyChoice.Serial
            ? NextSerial(position)
            : new Operation(NextRandomKind(), _random.Next(keys));
    }

    private Operation NextSerial(long position)
    {
        var (sweep, key) = Math.DivRem(position, keys);
        var kind = mode switch
        {
            LoadMode.Set => OperationKind.Set,
            LoadMode.Get => OperationKind.Get,
            _ when sweep % 2 == 1 => OperationKind.Get,
            _ when sweep % 4 == 2 && (worker + key + (sweep / 4)) % SerialDeleteEvery == 0 => OperationKind.Delete,
            _ => OperationKind.Set,
        };
        return new Operation(kind, (int)key);
    }

    private OperationKind NextRandomKind()
    {
        if (mode != LoadMode.Mixed)
        {
            return mode == LoadMode.Set ? OperationKind.Set : OperationKind.Get;
        }

        return _random.Next(100) switch
        {
            < SetPercent => OperationKind.Set,
            < SetPercent + DeletePercent => OperationKind.Delete,
            _ => OperationKind.Get,
        };
    }
}
