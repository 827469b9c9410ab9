using Grpc.Core;

namespace KvAspire.Tests.Simulation;

/// <summary>
/// Carries bytes between hosts: late, in another order than sent (but for streams), or not at all.
/// </summary>
/// <remarks>
/// What is under way when a link is cut is held. When the link heals it is delivered, however late that is, or lost:
/// as TCP would go on to send it, or give up.
/// </remarks>
internal sealed class SimulatedNetwork(SimulatedScheduler scheduler)
{
    private readonly Dictionary<(string From, string To), int> _cuts = [];
    private int _cutsMade;
    private readonly List<(string From, string To, Action Deliver, Action Lose)> _held = [];
    private readonly List<Action> _kept = [];
    private readonly Dictionary<string, SimulatedServer> _servers = [];

    /// <summary>Share of messages that are lost.</summary>
    public double Loss { get; set; }

    /// <summary>Share of messages that take long.</summary>
    public double Slow { get; set; }

    /// <summary>Links on which single messages take very long.</summary>
    public HashSet<(string From, string To)> SlowLinks { get; } = [];

    /// <summary>Told of each call just before a node is asked: from, to, method.</summary>
    public Action<string, string, string>? AtCall { get; set; }

    /// <summary>Asked of each call when it is sent: from, to, method. True: its request is lost.</summary>
    public Func<string, string, string, bool>? LosesCall { get; set; }

    /// <summary>
    /// Asked of each message when it would arrive: from, to, method, with " reply" behind it on the way back. True: it arrives only
    /// after <see cref="Release"/>, and what follows it on the same stream behind it.
    /// </summary>
    public Func<string, string, string, bool>? Keeps { get; set; }

    public SharedViews Views { get; } = new();

    public bool HasCuts => _cuts.Count > 0;

    public SimulatedScheduler Scheduler => scheduler;

    /// <summary>The process that listens at the host; null if none does.</summary>
    public SimulatedServer? Listening(string host) =>
        _servers.TryGetValue(host, out var server) && server.Process.IsAlive ? server : null;

    public void Listen(SimulatedServer server) => _servers[server.Process.Host] = server;

    public TimeSpan Delay() =>
        scheduler.Chance(Slow) ? scheduler.Between(0.01, scheduler.Chance(0.2) ? 3 : 0.3) : scheduler.Between(0.0001, 0.002);

    /// <summary>How long a message takes on this link.</summary>
    public TimeSpan Delay(string from, string to) =>
        SlowLinks.Contains((from, to)) && scheduler.Chance(0.3) ? scheduler.Between(0.2, 4) : Delay();

    public bool IsCut(string from, string to) => _cuts.ContainsKey((from, to));

    /// <summary>Gives the number of the cut, to heal this one and no later one.</summary>
    public int Cut(string from, string to) => _cuts[(from, to)] = ++_cutsMade;

    /// <summary>False if the cut has been healed before.</summary>
    public bool Heal(string from, string to, int cut)
    {
        if (_cuts.GetValueOrDefault((from, to)) != cut)
        {
            return false;
        }

        _cuts.Remove((from, to));
        foreach (var message in _held.Where(m => m.From == from && m.To == to).ToList())
        {
            _held.Remove(message);
            scheduler.After(Delay(), scheduler.Chance(0.5) ? message.Deliver : message.Lose);
        }

        return true;
    }

    public void HealAll()
    {
        foreach (var ((from, to), cut) in _cuts.ToList())
        {
            Heal(from, to, cut);
        }
    }

    /// <summary>Delivers what was kept, and keeps nothing more.</summary>
    public void Release()
    {
        Keeps = null;
        _kept.ForEach(message => scheduler.After(TimeSpan.Zero, message));
        _kept.Clear();
    }

    /// <summary>Sends one message on its own.</summary>
    public void Send(string from, string to, string what, Action deliver)
    {
        if (scheduler.Chance(Loss))
        {
            return;
        }

        scheduler.After(Delay(from, to), () => Pass(from, to, what, deliver, static () => { }));
    }

    /// <summary>Delivers, or holds what cannot pass.</summary>
    public void Pass(string from, string to, string what, Action deliver, Action lose)
    {
        if (IsCut(from, to))
        {
            _held.Add((from, to, () => Pass(from, to, what, deliver, lose), lose));
        }
        else if (Keeps?.Invoke(from, to, what) == true)
        {
            _kept.Add(() => Pass(from, to, what, deliver, lose));
        }
        else
        {
            deliver();
        }
    }

    /// <summary>A call with one request and one reply.</summary>
    /// <exception cref="RpcException">It failed, or there was no reply in time.</exception>
    public async Task<Parcel> CallAsync(
        SimulatedProcess caller, string host, string method, Parcel request, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var reply = new TaskCompletionSource<Parcel>();
        if (LosesCall?.Invoke(caller.Host, host, method) != true)
        {
            Send(caller.Host, host, method, () => Arrive(caller.Host, host, method, request, reply));
        }

        try
        {
            return await reply.Task.WaitAsync(timeout, caller.Time, cancellationToken);
        }
        catch (TimeoutException)
        {
            throw new RpcException(new Status(StatusCode.DeadlineExceeded, "no reply in time"));
        }
    }

    /// <summary>What the answer to a call is called.</summary>
    public static string Reply(string method) => $"{method} reply";

    private void Arrive(string from, string host, string method, Parcel request, TaskCompletionSource<Parcel> reply)
    {
        AtCall?.Invoke(from, host, method);
        if (Listening(host) is not { } server)
        {
            Send(host, from, Reply(method), () => reply.TrySetException(new RpcException(new Status(StatusCode.Unavailable, "connection refused"))));
            return;
        }

        void Reset() => Send(host, from, Reply(method), () => reply.TrySetException(new RpcException(new Status(StatusCode.Unavailable, "connection reset"))));
        server.Process.AtEnd(Reset);
        server.Process.Run(() =>
        {
            try
            {
                var answer = server.Handle(method, request);
                Send(host, from, Reply(method), () => reply.TrySetResult(answer));
            }
            catch (RpcException e)
            {
                Send(host, from, Reply(method), () => reply.TrySetException(e));
            }

            server.Process.NotAtEnd(Reset);
        });
    }
}
