using Grpc.Core;

namespace KvAspire.Tests.Simulation;

/// <summary>One direction of a stream: messages arrive late, but in order, until one end breaks it.</summary>
/// <param name="network">Carries it.</param>
/// <param name="from">The host that sends.</param>
/// <param name="to">The host that receives.</param>
/// <param name="what">What it carries.</param>
internal sealed class SimulatedPipe(SimulatedNetwork network, string from, string to, string what)
{
    private static readonly TimeSpan Retransmission = TimeSpan.FromMilliseconds(300);

    private readonly Queue<Item> _underWay = new();
    private readonly Queue<Item> _arrived = new();
    private TimeSpan _lastDue;
    private bool _isStalled;
    private TaskCompletionSource<Item>? _waiting;
    private Item? _end;

    /// <summary>Runs when the end of the stream, or its breaking, has arrived.</summary>
    public Action<Exception?>? Ended { get; set; }

    /// <summary>Runs when the connection is given up because nothing passes.</summary>
    public Action? Lost { get; set; }

    public void Send(byte[] message) => Send(new Item(message, null, null));

    /// <summary>Runs something at the receiving end, in its turn.</summary>
    public void Send(Action arrival) => Send(new Item(null, null, arrival));

    public void Complete() => Send(new Item(null, null, null));

    public void Break(Exception cause) => Send(new Item(null, cause, null));

    /// <summary>The receiving end gives up: it hears nothing any more.</summary>
    public void GiveUp(string why)
    {
        _underWay.Clear();
        if (_end is null)
        {
            Take(new Item(null, new RpcException(new Status(StatusCode.Unavailable, why)), null));
        }
    }

    /// <summary>The next message; null at the end.</summary>
    /// <remarks>
    /// Completes as a step of the network, outside of any process: gRPC's helpers do not capture the context, and would
    /// otherwise go to the thread pool. The product's code captures it, and so goes on as a step of its process.
    /// </remarks>
    /// <exception cref="RpcException">The stream is broken.</exception>
    public async Task<byte[]?> ReceiveAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (!_arrived.TryDequeue(out var item))
        {
            var waiting = _waiting = new TaskCompletionSource<Item>();
            using var cancelled = cancellationToken.UnsafeRegister(
                _ => network.Scheduler.After(TimeSpan.Zero, () => waiting.TrySetCanceled(cancellationToken)), null);
            item = _end ?? await waiting.Task.ConfigureAwait(false);
        }

        return item.Problem is null ? item.Message : throw item.Problem;
    }

    private void Send(Item item)
    {
        var scheduler = network.Scheduler;
        var due = scheduler.Now + network.Delay(from, to) + (scheduler.Chance(network.Loss) ? Retransmission : TimeSpan.Zero);
        _lastDue = due > _lastDue ? due : _lastDue;
        _underWay.Enqueue(item with { Due = _lastDue });
        scheduler.After(_lastDue - scheduler.Now, Arrive);
    }

    private void Arrive()
    {
        // Those behind a message that is held wait with it.
        if (!_isStalled && _underWay.TryPeek(out var next) && next.Due <= network.Scheduler.Now)
        {
            _isStalled = true;
            network.Pass(from, to, what, Deliver, Lose);
        }
    }

    private void Deliver()
    {
        _isStalled = false;
        if (!_underWay.TryDequeue(out var item))
        {
            // The receiving end has given up.
            return;
        }

        if (item.Arrival is { } arrival)
        {
            arrival();
        }
        else if (_end is null)
        {
            Take(item);
        }

        // Those that became due while this one was held.
        Arrive();
    }

    private void Take(Item item)
    {
        _end = item.Message is null ? item : null;
        if (_waiting is null || !_waiting.TrySetResult(item))
        {
            _arrived.Enqueue(item);
        }

        if (_end is not null)
        {
            Ended?.Invoke(item.Problem);
        }
    }

    private void Lose()
    {
        _isStalled = false;
        _underWay.Clear();
        Lost?.Invoke();
    }

    private sealed record Item(byte[]? Message, Exception? Problem, Action? Arrival)
    {
        public TimeSpan Due { get; init; }
    }
}
