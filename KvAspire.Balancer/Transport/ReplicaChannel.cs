using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using Grpc.Core;
using KvAspire.Balancer.Cluster;
using KvAspire.Protocol;

namespace KvAspire.Balancer.Transport;

/// <summary>
/// A long-lived stream to one incarnation of a node, carrying operations in batches.
/// </summary>
/// <remarks>
/// What queues up while one batch is being written travels together in the next: the cost of a hop is shared under load,
/// and nothing is delayed when idle. A node answers in order, so results are matched first in, first out. When the stream
/// breaks, or an operation waits and nothing has been answered for too long, everything that waits fails at once.
/// </remarks>
internal sealed class ReplicaChannel : IReplicaChannel
{
    private const int QueueCapacity = 16_384;
    private const int MaxBatchOperations = 512;
    private const int MaxBatchBytes = 1 << 20;

    private readonly string _node;
    private readonly Cluster.Incarnation _target;
    private readonly ClusterOptions _options;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stop = new();
    private readonly Channel<Pending> _queue = Channel.CreateBounded<Pending>(
        new BoundedChannelOptions(QueueCapacity) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });

    /// <summary>Sent and not answered, oldest first. Guarded by itself.</summary>
    private readonly Queue<Pending> _sent = new();
    private readonly Task _running;
    private Exception? _broken;
    private ulong _lastId;

    /// <summary>When the node answered last; guarded by the lock on <see cref="_sent"/>.</summary>
    private long _answered;

    public ReplicaChannel(
        string node,
        Cluster.Incarnation target,
        Func<CancellationToken, Task<AsyncDuplexStreamingCall<OperationBatch, ResultBatch>>> open,
        ClusterOptions options,
        TimeProvider time)
    {
        _node = node;
        _target = target;
        _options = options;
        _time = time;
        _running = RunAsync(open);
    }

    public bool IsBroken => Volatile.Read(ref _broken) is not null;

    public Task<Result> SendAsync(Epoch epoch, Operation operation)
    {
        if (Volatile.Read(ref _broken) is { } broken)
        {
            throw NodeClient.Unreachable(_node, broken);
        }

        operation.Id = Interlocked.Increment(ref _lastId);
        var pending = new Pending(epoch, operation);
        if (!_queue.Writer.TryWrite(pending))
        {
            // A completed writer is a broken channel, which fails what is queued; a full one has room for no more.
            throw Volatile.Read(ref _broken) is { } cause ? NodeClient.Unreachable(_node, cause) : new QueueFullException(_node);
        }

        return pending.Task;
    }

    public async ValueTask DisposeAsync()
    {
        Break(new OperationCanceledException("closed"));
        await _running;
        _stop.Dispose();
    }

    private async Task RunAsync(Func<CancellationToken, Task<AsyncDuplexStreamingCall<OperationBatch, ResultBatch>>> open)
    {
        await Task.Yield();
        try
        {
            using var call = await open(_stop.Token);
            var writing = WriteAsync(call.RequestStream);
            var reading = ReadAsync(call.ResponseStream);
            var watching = WatchAsync();
            Break(await FirstFailureAsync(writing, reading, watching));
            await Task.WhenAll(writing, reading, watching)
                .ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Whatever it is: those who wait must not wait for ever.
            Break(e);
        }
        finally
        {
            Break(new IOException("closed"));
            FailAll();
        }
    }

    private static async Task<Exception> FirstFailureAsync(params Task[] tasks)
    {
        try
        {
            await await Task.WhenAny(tasks);
            return new IOException("the node closed the stream");
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return e;
        }
    }

    private async Task WriteAsync(IClientStreamWriter<OperationBatch> stream)
    {
        var isFirst = true;
        Pending? carried = null;
        while (carried is not null || await _queue.Reader.WaitToReadAsync(_stop.Token))
        {
            var batch = new OperationBatch();
            carried = Collect(batch, carried);
            if (isFirst)
            {
                batch.Target = _target.ToMessage();
                isFirst = false;
            }

            await stream.WriteAsync(batch, _stop.Token);
        }
    }

    /// <summary>Fills a batch with what waits; returns the first operation of another epoch, if it came to one.</summary>
    private Pending? Collect(OperationBatch batch, Pending? first)
    {
        var bytes = 0;
        while (batch.Operations.Count < MaxBatchOperations && bytes < MaxBatchBytes)
        {
            if (first is null && !TryTake(out first))
            {
                break;
            }

            if (batch.Operations.Count == 0)
            {
                batch.Epoch = first.Epoch.Packed;
            }
            else if (batch.Epoch != first.Epoch.Packed)
            {
                return first;
            }

            batch.Operations.Add(first.Operation);
            bytes += first.Operation.Entry.Value.Length + 128;
            first = null;
        }

        return first;
    }

    /// <summary>Takes the next operation off the queue; from here on its time runs.</summary>
    private bool TryTake([NotNullWhen(true)] out Pending? next)
    {
        lock (_sent)
        {
            if (!_queue.Reader.TryRead(out next))
            {
                return false;
            }

            next.Since = _time.GetTimestamp();
            _sent.Enqueue(next);
            return true;
        }
    }

    private async Task ReadAsync(IAsyncStreamReader<ResultBatch> stream)
    {
        while (await stream.MoveNext(_stop.Token))
        {
            foreach (var result in stream.Current.Results)
            {
                Pending answered;
                lock (_sent)
                {
                    if (!_sent.TryPeek(out answered!) || answered.Operation.Id != result.Id)
                    {
                        throw new IOException("the node answered out of order");
                    }

                    _sent.Dequeue();
                    _answered = _time.GetTimestamp();
                }

                answered.TrySetResult(result);
            }
        }
    }

    /// <summary>
    /// Breaks the channel when the oldest operation has waited too long, and none was answered meanwhile: a node with much to send is not lost.
    /// Or when it has waited for half the time that a client waits: a node that slow is of no use.
    /// </summary>
    private async Task WatchAsync()
    {
        var tick = _options.ReplicaTimeout / 8;
        var last = _time.GetTimestamp();
        var pausedFor = TimeSpan.Zero;
        while (true)
        {
            await Task.Delay(tick, _time, _stop.Token);
            var sinceLast = _time.GetElapsedTime(last);
            last = _time.GetTimestamp();

            // If this process itself stood still, the node had no chance to be heard: give it that time again.
            pausedFor = sinceLast > tick * 4 ? sinceLast : pausedFor > tick ? pausedFor - sinceLast : TimeSpan.Zero;
            bool isLate;
            lock (_sent)
            {
                isLate = _sent.TryPeek(out var oldest)
                    && (_time.GetElapsedTime(Math.Max(oldest.Since, _answered)) > _options.ReplicaTimeout + pausedFor
                        || _time.GetElapsedTime(oldest.Since) > _options.RequestTimeout / 2 + pausedFor);
            }

            if (isLate)
            {
                throw new IOException($"no answer within {_options.ReplicaTimeout.TotalSeconds:0.#} s");
            }
        }
    }

    private void Break(Exception cause)
    {
        Interlocked.CompareExchange(ref _broken, cause, null);
        _queue.Writer.TryComplete();
        try
        {
            _stop.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // Disposed twice.
        }
    }

    private void FailAll()
    {
        var error = NodeClient.Unreachable(_node, _broken ?? new IOException("closed"));
        while (_queue.Reader.TryRead(out var queued))
        {
            queued.TrySetException(error);
        }

        lock (_sent)
        {
            while (_sent.TryDequeue(out var sent))
            {
                sent.TrySetException(error);
            }
        }
    }

    private sealed class Pending(Epoch epoch, Operation operation)
        : TaskCompletionSource<Result>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public Epoch Epoch { get; } = epoch;

        public Operation Operation { get; } = operation;

        /// <summary>When it was taken off the queue; guarded by the lock on <see cref="_sent"/>.</summary>
        public long Since { get; set; }
    }
}
