using System.Collections.Concurrent;
using KvAspire.Balancer.Cluster;
using KvAspire.Balancer.Store;
using KvAspire.Balancer.Transport;
using KvAspire.Protocol;
using MemberState = KvAspire.Balancer.Cluster.MemberState;
using View = KvAspire.Balancer.Cluster.View;

namespace KvAspire.Balancer.Coordination;

/// <summary>
/// Has nodes copy slots from each other, and knows how far that has come: which replicas are complete, and which
/// chains are level.
/// </summary>
/// <remarks>
/// <para>
/// A chain is level when all its replicas hold the same, but for writes in hand. At the start of a term it may not be:
/// a write of the former coordinator may have reached the far end only, where it was never acknowledged but can come to
/// light. Each replica then takes what it lacks from its neighbour farther from the primary, the far ones first, so that whatever
/// the primary shows is on all of them.
/// </para>
/// <para>
/// What is known here is lost with the coordinator, and that does no harm: the next one begins the same work again.
/// </para>
/// </remarks>
internal sealed partial class SlotFiller(ClusterOptions options, TimeProvider time, Action signal, ILogger logger) : IDisposable
{
    /// <summary>Each view holds up every request for a moment, so copies are gathered; not for long, as a lost source costs them.</summary>
    private static readonly TimeSpan HandOverEvery = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(500);

    /// <summary>Complete copies, with the view for which they were made.</summary>
    private readonly ConcurrentDictionary<(int Slot, string Node), Epoch> _copied = new();
    private readonly ConcurrentDictionary<string, CopyJob> _jobs = new(StringComparer.Ordinal);

    /// <summary>Per slot, whether its chain is level. Each term has its own: what the last one finds late must not count.</summary>
    private volatile bool[] _level = new bool[View.SlotCount];
    private CancellationTokenSource _term = new();
    private Task _levelling = Task.CompletedTask;

    /// <summary>When copies were handed over last, or copying began after a rest. Used by the coordinator's loop only.</summary>
    private long _lastHandOver;

    /// <summary>Copying under way, for people.</summary>
    public IEnumerable<MoveStatus> Moves => _jobs.Values.Where(j => !j.Task.IsCompleted).Select(j => j.Status());

    /// <summary>All that a former coordinator, or a former term, had begun begins again.</summary>
    public void BeginTerm()
    {
        _term.Cancel();
        _term.Dispose();
        _term = new CancellationTokenSource();
        _copied.Clear();
        _jobs.Clear();
        _level = new bool[View.SlotCount];
    }

    public void Dispose()
    {
        _term.Cancel();
        _term.Dispose();
    }

    public bool IsLevel(int slot) => Volatile.Read(ref _level[slot]);

    /// <summary>Slots whose replicas may still differ.</summary>
    public IEnumerable<uint> NotLevel(View view) =>
        Enumerable.Range(0, View.SlotCount).Where(s => view.Slots[s].Chain.Length > 1 && !IsLevel(s)).Select(s => (uint)s);

    private bool IsCopying => _jobs.Values.Any(j => !j.Task.IsCompleted);

    /// <summary>
    /// Replicas that are complete and can be put on their chains now: those of all nodes together, when nothing is being copied
    /// any more, or about every ten seconds.
    /// </summary>
    public IReadOnlySet<(int Slot, string Node)> Copied(View view)
    {
        var ready = new HashSet<(int, string)>();
        if (IsCopying && time.GetElapsedTime(_lastHandOver) < HandOverEvery)
        {
            return ready;
        }

        for (var slot = 0; slot < View.SlotCount; slot++)
        {
            foreach (var filling in view.Slots[slot].Filling)
            {
                if (_copied.TryGetValue((slot, filling.Node), out var joined) && joined == filling.Joined)
                {
                    ready.Add((slot, filling.Node));
                }
            }
        }

        return ready;
    }

    /// <summary>A view has put copies on their chains; those that follow wait for the next.</summary>
    public void HandedOver() => _lastHandOver = time.GetTimestamp();

    /// <summary>
    /// The version below which every member, without exception, is known to hold what all hold; zero if any is away,
    /// being filled or not level.
    /// </summary>
    public EntryVersion Floor(View view, IReadOnlyDictionary<string, NodeReport> reports)
    {
        var isWhole = view.Members.Values.All(m => m.State == MemberState.Active)
            && view.Slots.All(s => s.Chain.Length > 0 && s.Filling.IsEmpty)
            && !NotLevel(view).Any();
        if (!isWhole)
        {
            return default;
        }

        EntryVersion? lowest = null;
        foreach (var name in view.Members.Keys)
        {
            if (!reports.TryGetValue(name, out var report) || report.Synced.Epoch != view.Epoch)
            {
                return default;
            }

            lowest = lowest is null || report.Synced.SyncPoint < lowest ? report.Synced.SyncPoint : lowest;
        }

        return lowest ?? default;
    }

    /// <summary>Starts whatever the view calls for and is not under way.</summary>
    public void Work(View view, IReadOnlyDictionary<string, INodeClient> clients)
    {
        for (var slot = 0; slot < View.SlotCount; slot++)
        {
            if (view.Slots[slot].Chain.Length == 1)
            {
                Volatile.Write(ref _level[slot], true);
            }
        }

        var term = _term.Token;
        if (_levelling.IsCompleted && NotLevel(view).Any(s => view.IsServed((int)s)))
        {
            _levelling = LevelAsync(view, clients, _level, term);
        }

        var missing = from slot in Enumerable.Range(0, View.SlotCount)
                      where view.IsServed(slot)
                      from filling in view.Slots[slot].Filling
                      where !(_copied.TryGetValue((slot, filling.Node), out var joined) && joined == filling.Joined)
                      group new Copy(slot, filling.Joined, view.Slots[slot].Chain[^1]) by filling.Node;
        foreach (var node in missing)
        {
            if (!_jobs.TryGetValue(node.Key, out var job) || job.Task.IsCompleted)
            {
                if (!IsCopying)
                {
                    _lastHandOver = time.GetTimestamp();
                }

                job = new CopyJob(node.Key, node.Count(), time.GetUtcNow());
                _jobs[node.Key] = job;
                job.Task = CopyAllAsync(job, view, [.. node], clients, term);
            }
        }
    }

    private async Task CopyAllAsync(
        CopyJob job, View view, List<Copy> copies, IReadOnlyDictionary<string, INodeClient> clients, CancellationToken cancellationToken)
    {
        var isComplete = true;
        foreach (var group in copies.GroupBy(c => c.Source))
        {
            isComplete &= await CopyAsync(
                view, clients[job.Node], group.Key, [.. group.Select(c => (c.Slot, c.Joined))],
                progress =>
                {
                    _copied[((int)progress.Slot, job.Node)] = Epoch.Unpack(progress.Joined);
                    job.Count(progress);
                },
                cancellationToken);
        }

        LogFilled(job.Node, job.SlotsDone, job.SlotsTotal, job.Entries);
        signal();
        await PauseUnlessAsync(isComplete, cancellationToken);
    }

    private async Task LevelAsync(
        View view, IReadOnlyDictionary<string, INodeClient> clients, bool[] level, CancellationToken cancellationToken)
    {
        var slots = NotLevel(view).Select(s => (int)s).Where(view.IsServed).ToHashSet();
        var isComplete = true;
        var longest = slots.Max(s => view.Slots[s].Chain.Length);
        for (var step = 2; step <= longest; step++)
        {
            var pairs = from slot in slots
                        let chain = view.Slots[slot].Chain
                        where chain.Length >= step
                        group slot by (Node: chain[^step], Source: chain[^(step - 1)]);
            foreach (var pair in pairs.ToList())
            {
                var done = new HashSet<int>();
                isComplete &= await CopyAsync(
                    view, clients[pair.Key.Node], pair.Key.Source, [.. pair.Select(s => (s, default(Epoch)))],
                    progress => done.Add((int)progress.Slot), cancellationToken);
                slots.ExceptWith(pair.Where(s => !done.Contains(s)));
            }
        }

        if (!cancellationToken.IsCancellationRequested)
        {
            foreach (var slot in slots)
            {
                Volatile.Write(ref level[slot], true);
            }

            if (slots.Count > 0)
            {
                LogLevelled(slots.Count);
                signal();
            }

            await PauseUnlessAsync(isComplete, cancellationToken);
        }
    }

    /// <summary>What failed is likely to fail again at once.</summary>
    private async Task PauseUnlessAsync(bool isComplete, CancellationToken cancellationToken)
    {
        try
        {
            await (isComplete ? Task.CompletedTask : Task.Delay(RetryAfter, time, cancellationToken));
        }
        catch (OperationCanceledException)
        {
            // The term is over.
        }
    }

    /// <summary>Has one node copy slots from another. What fails is left for the next round; false if something did.</summary>
    private async Task<bool> CopyAsync(
        View view,
        INodeClient node,
        string source,
        (int Slot, Epoch Joined)[] slots,
        Action<CopyProgress> done,
        CancellationToken cancellationToken)
    {
        var request = new CopySlotsRequest
        {
            Epoch = view.Epoch.Packed,
            Target = view.Members[node.Name].Incarnation.ToMessage(),
            Source = source,
            SourceAddress = view.Members[source].Address,
            BytesPerSecond = (ulong)options.CopyBytesPerSecond,
        };
        request.Slots.Add(slots.Select(s => new SlotCopy { Slot = (uint)s.Slot, Joined = s.Joined.Packed }));
        try
        {
            await foreach (var progress in node.CopySlotsAsync(request, cancellationToken))
            {
                cancellationToken.ThrowIfCancellationRequested();
                done(progress);
            }

            return true;
        }
        catch (NodeUnreachableException e)
        {
            if (!cancellationToken.IsCancellationRequested)
            {
                LogCutShort(node.Name, source, e.Message);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The term is over.
        }

        return false;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Node} has {Done} of {Total} slots complete: {Entries} entries copied")]
    private partial void LogFilled(string node, int done, int total, long entries);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Slots} chains are level")]
    private partial void LogLevelled(int slots);

    [LoggerMessage(Level = LogLevel.Information, Message = "Copying to {Node} from {Source} was cut short: {Problem}")]
    private partial void LogCutShort(string node, string source, string problem);

    private sealed record Copy(int Slot, Epoch Joined, string Source);

    /// <summary>The filling of one node. Counted by its task, read by anyone.</summary>
    private sealed class CopyJob(string node, int slotsTotal, DateTimeOffset started)
    {
        private int _slotsDone;
        private long _entries;
        private long _bytes;

        public string Node => node;

        public Task Task { get; set; } = Task.CompletedTask;

        public int SlotsTotal => slotsTotal;

        public int SlotsDone => Volatile.Read(ref _slotsDone);

        public long Entries => Interlocked.Read(ref _entries);

        public void Count(CopyProgress progress)
        {
            Interlocked.Increment(ref _slotsDone);
            Interlocked.Add(ref _entries, (long)progress.Entries);
            Interlocked.Add(ref _bytes, (long)progress.Bytes);
        }

        public MoveStatus Status() => new(node, SlotsDone, slotsTotal, Entries, Interlocked.Read(ref _bytes), started);
    }
}
