using System.Threading.Channels;
using RocksDbSharp;

namespace KvAspire.Node.Storage;

/// <summary>
/// Gives the space of purged slots back, on a thread of its own: a purge writes only a range tombstone, and this
/// compacts the range. Slots that wait together and lie close to each other are done in one go.
/// </summary>
/// <remarks>
/// A compaction rewrites whole files. A node that gives a third of its slots away has them scattered over all its files: one range at a
/// time, each file would be rewritten again and again.
/// <para>
/// Files are not simply deleted (<c>DeleteFilesInRange</c>): by the time it happens the slot may hold new entries.
/// Work that a stop cuts off is left to the database's own compactions.
/// </para>
/// </remarks>
internal sealed class RocksDbReclaimer : IDisposable
{
    /// <summary>What lies between two purged slots is rewritten with them if it is about this much at most: a file.</summary>
    private const double BytesBetween = 32 << 20;

    /// <summary>Slots are purged by the hundred.</summary>
    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(200);

    private readonly Channel<int> _purged = Channel.CreateUnbounded<int>();
    private readonly RocksDb _database;
    private readonly UseGate _gate;
    private readonly Func<long> _bytes;
    private readonly ManualResetEventSlim _closing = new();
    private readonly Thread _thread;

    /// <param name="database">Whose space it is.</param>
    /// <param name="gate">Of the engine.</param>
    /// <param name="bytes">About how much the database holds.</param>
    public RocksDbReclaimer(RocksDb database, UseGate gate, Func<long> bytes)
    {
        _database = database;
        _gate = gate;
        _bytes = bytes;
        _thread = new Thread(Run) { IsBackground = true, Name = "storage reclaim" };
        _thread.Start();
    }

    /// <summary>Forgotten without a sound when closing.</summary>
    public void Purged(int slot) => _purged.Writer.TryWrite(slot);

    /// <summary>Cuts short what is running, the database's own work included. The gate must be closing and not yet closed.</summary>
    public void Dispose()
    {
        _purged.Writer.Complete();
        _closing.Set();
        Native.Instance.rocksdb_disable_manual_compaction(_database.Handle);
        Native.Instance.rocksdb_cancel_all_background_work(_database.Handle, 0);
        _thread.Join();
        _closing.Dispose();
    }

    private void Run()
    {
        var slots = new SortedSet<int>();
        while (_purged.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            _closing.Wait(Gathering);
            while (_purged.Reader.TryRead(out var slot))
            {
                slots.Add(slot);
            }

            // No need to enter the gate: Dispose waits for this thread before the database can close.
            var between = _gate.IsClosing ? 0 : (int)Math.Min(StorageLimits.SlotCount, BytesBetween * StorageLimits.SlotCount / Math.Max(1, _bytes()));
            foreach (var (first, last) in Runs(slots, between))
            {
                if (_gate.IsClosing)
                {
                    return;
                }

                Compact(EntryFormat.SlotStart(first), EntryFormat.SlotStart(last + 1));
            }

            slots.Clear();
        }
    }

    private void Compact(byte[] from, byte[] to)
    {
        var options = Native.Instance.rocksdb_compactoptions_create();
        try
        {
            Native.Instance.rocksdb_compactoptions_set_exclusive_manual_compaction(options, 0);
            Native.Instance.rocksdb_compact_range_opt(_database.Handle, options, from, (nuint)from.Length, to, (nuint)to.Length);
        }
        finally
        {
            Native.Instance.rocksdb_compactoptions_destroy(options);
        }
    }

    /// <summary>Ranges that cover the slots, with at most so many others in between.</summary>
    private static IEnumerable<(int First, int Last)> Runs(SortedSet<int> slots, int between)
    {
        var (first, last) = (-1, -1);
        foreach (var slot in slots)
        {
            if (first >= 0 && slot > last + 1 + between)
            {
                yield return (first, last);
                first = slot;
            }

            first = first < 0 ? slot : first;
            last = slot;
        }

        if (first >= 0)
        {
            yield return (first, last);
        }
    }
}
