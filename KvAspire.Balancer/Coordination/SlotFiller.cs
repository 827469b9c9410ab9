using System.Collections.Concurrent;
using System.Diagnostics;
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
internal sealed partial class SlotFiller(
    ClusterOptions options, TimeProvider time, BalancerTelemetry telemetry, Action signal, ILogger logger, ProtocolRules rules) : IDisposable
{
    /// <summary>Each view holds up every request for a moment, so copies are gathered; not for long, as a lost source costs them.</summary>
    private static readonly TimeSpan HandOverEvery = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LogEvery = TimeSpan.FromSeconds(10);

    /// <summary>Complete copies, with the view for which they were made.</summary>
    private readonly ConcurrentDictionary<(int Slot, string Node), Epoch> _copied = new();
    private readonly ConcurrentDictionary<string, Move> _moves = new(StringComparer.Ordinal);

    /// <summary>Per slot, whether its chain is level. Each term has its own: what the last one finds late must not count.</summary>
    private volatile bool[] _level = new bool[options.SlotCount];

    /// <summary>The last view whose chains were all found level: they stay so while it is in force. A new term has other views.</summary>
    private volatile View? _levelled;
    private CancellationTokenSource _term = new();
    private Task _levelling = Task.CompletedTask;

    /// <summary>When copies were handed over last, or copying began after a rest. Used by the coordinator's loop only.</summary>
    private long _lastHandOver;

    /// <summary>Nodes that are being filled, in name order, for people.</summary>
    public IEnumerable<MoveStatus> Moves => _moves.Values.OrderBy(m => m.Node, StringComparer.Ordinal).Select(m => m.Status());

    /// <summary>All that a former coordinator, or a former term, had begun begins again.</summary>
    public void BeginTerm()
    {
        _term.Cancel();
        _term.Dispose();
        _term = new CancellationTokenSource();
        _copied.Clear();
        EndMoves(_ => false);
        _level = new bool[options.SlotCount];
        Array.Fill(_level, !rules.LevelAtStart);
    }

    /// <summary>Nothing is served any more: what is still being copied is no move of this coordinator's.</summary>
    public void EndTerm() => EndMoves(_ => false);

    public void Dispose()
    {
        _term.Cancel();
        _term.Dispose();
        EndMoves(_ => false);
    }

    public bool IsLevel(int slot) => Volatile.Read(ref _level[slot]);

    /// <summary>Slots whose replicas may still differ.</summary>
    public IReadOnlyList<uint> NotLevel(View view)
    {
        if (ReferenceEquals(_levelled, view))
        {
            return [];
        }

        var level = _level;
        var slots = new List<uint>();
        for (var slot = 0; slot < view.Slots.Length; slot++)
        {
            if (view.Slots[slot].Chain.Length > 1 && !Volatile.Read(ref level[slot]))
            {
                slots.Add((uint)slot);
            }
        }

        if (slots.Count == 0)
        {
            _levelled = view;
        }

        return slots;
    }

    private bool IsCopying => _moves.Values.Any(m => !m.Copying.IsCompleted);

    /// <summary>
    /// Replicas that are complete and can be put on their chains now: those of all nodes together, when nothing is being copied
    /// any more, or about every ten seconds.
    /// </summary>
    public IReadOnlySet<(int Slot, string Node)> Copied(View view)
    {
        var ready = new HashSet<(int, string)>();
        if (!view.IsFilling || (IsCopying && time.GetElapsedTime(_lastHandOver) < HandOverEvery))
        {
            return ready;
        }

        for (var slot = 0; slot < view.Slots.Length; slot++)
        {
            foreach (var filling in view.Slots[slot].Filling)
            {
                if (!rules.CopyBeforeInSync || (_copied.TryGetValue((slot, filling.Node), out var joined) && joined == filling.Joined))
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
            && !view.IsFilling
            && view.Slots.All(s => s.Chain.Length > 0)
            && NotLevel(view).Count == 0;
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
        for (var slot = 0; slot < view.Slots.Length; slot++)
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

        EndMoves(node => view.Slots.Any(s => s.IsFilling(node)));
        var fillings = from slot in Enumerable.Range(0, view.Slots.Length)
                       where view.IsFilling && view.IsServed(slot)
                       from filling in view.Slots[slot].Filling
                       group new Copy(slot, filling.Joined, view.Slots[slot].Chain[^1], view.Slots[slot].Chain.Length < view.ReplicationFactor) by filling.Node;
        foreach (var node in fillings)
        {
            var missing = node.Where(c => !(_copied.TryGetValue((c.Slot, node.Key), out var joined) && joined == c.Joined)).ToList();
            var move = _moves.GetOrAdd(node.Key, name => new Move(name, time, telemetry.StartMoveSpan(name)));
            move.Plan(missing.Count);
            if (missing.Count > 0 && move.Copying.IsCompleted)
            {
                if (!IsCopying)
                {
                    _lastHandOver = time.GetTimestamp();
                }

                move.Copying = CopyAllAsync(move, view, missing, clients, term);
            }

            LogProgress(move);
        }
    }

    /// <summary>Ends the moves of all nodes but those to keep.</summary>
    private void EndMoves(Func<string, bool> keep)
    {
        foreach (var move in _moves.Values.Where(m => !keep(m.Node)))
        {
            _moves.TryRemove(move.Node, out _);
            var status = move.Status();
            move.End(status.SlotsDone == status.SlotsTotal);
            LogMoved(move.Node, status.SlotsDone, status.SlotsTotal, status.Entries, status.Bytes, Math.Round((time.GetUtcNow() - status.Started).TotalSeconds, 1));
        }
    }

    private void LogProgress(Move move)
    {
        if (time.GetElapsedTime(move.LastLogged) >= LogEvery)
        {
            move.LastLogged = time.GetTimestamp();
            var status = move.Status();
            LogFilling(move.Node, status.SlotsDone, status.SlotsTotal, status.Bytes, status.BytesLeft, status.BytesPerSecond, status.SecondsLeft);
        }
    }

    private async Task CopyAllAsync(
        Move move, View view, List<Copy> copies, IReadOnlyDictionary<string, INodeClient> clients, CancellationToken cancellationToken)
    {
        var isComplete = true;
        foreach (var group in copies.GroupBy(c => (c.Source, c.IsUrgent)).OrderByDescending(g => g.Key.IsUrgent))
        {
            isComplete &= await CopyAsync(
                view, clients[move.Node], group.Key.Source, [.. group.Select(c => (c.Slot, c.Joined))], group.Key.IsUrgent, move.Span,
                progress =>
                {
                    _copied[((int)progress.Slot, move.Node)] = Epoch.Unpack(progress.Joined);
                    move.Count((long)progress.Entries, (long)progress.Bytes);
                    telemetry.CountCopied(move.Node, (long)progress.Entries, (long)progress.Bytes);
                },
                cancellationToken);
        }

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
                    view, clients[pair.Key.Node], pair.Key.Source, [.. pair.Select(s => (s, default(Epoch)))], isUrgent: true, span: null,
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
        bool isUrgent,
        Activity? span,
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
            Traceparent = span?.Id ?? "",
            Urgent = isUrgent,
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

    [LoggerMessage(Level = LogLevel.Information, Message = "Filling {Node}: {Done} of {Total} slots, {Bytes} bytes, about {Left} more at {Rate} bytes/s, {Seconds} s left")]
    private partial void LogFilling(string node, int done, int total, long bytes, long? left, long rate, double? seconds);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Node} was filled with {Done} of {Total} slots: {Entries} entries, {Bytes} bytes in {Seconds} s")]
    private partial void LogMoved(string node, int done, int total, long entries, long bytes, double seconds);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Slots} chains are level")]
    private partial void LogLevelled(int slots);

    [LoggerMessage(Level = LogLevel.Information, Message = "Copying to {Node} from {Source} was cut short: {Problem}")]
    private partial void LogCutShort(string node, string source, string problem);

    private sealed record Copy(int Slot, Epoch Joined, string Source, bool IsUrgent);
}
