using KvAspire.Balancer.Cluster;
using KvAspire.Balancer.Store;
using KvAspire.Balancer.Transport;
using KvAspire.Protocol;

namespace KvAspire.Balancer.Coordination;

/// <summary>
/// Keeps asking one node how it is: with a heartbeat if the coordinator serves with it, with a plain question otherwise.
/// </summary>
/// <param name="client">The node.</param>
/// <param name="nextHeartbeat">The heartbeat to send now; null for the plain question.</param>
/// <param name="answered">Called after each round: a lease may have been granted.</param>
/// <param name="changed">Called when the report differs in a way that may call for another view.</param>
/// <param name="deposed">Called when the node has promised a higher term to somebody.</param>
/// <param name="options">Interval and time-out.</param>
/// <param name="time">The clock.</param>
internal sealed class NodeMonitor(
    INodeClient client,
    Func<string, HeartbeatRequest?> nextHeartbeat,
    Action answered,
    Action changed,
    Action<uint> deposed,
    ClusterOptions options,
    TimeProvider time) : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Wakeup _wakeup = new(time);
    private Task _running = Task.CompletedTask;
    private volatile NodeReport _report = NodeReport.Nothing;

    public INodeClient Client => client;

    public NodeReport Report => _report;

    public void Start() => _running = RunAsync();

    public async ValueTask DisposeAsync()
    {
        _stop.Cancel();
        await _running;
        _stop.Dispose();
    }

    /// <summary>Asks again at once.</summary>
    public void Kick() => _wakeup.Wake();

    /// <summary>The coordinator found the node out of reach, or found it again, by other means.</summary>
    public void Record(NodeReport report) => _report = report;

    private async Task RunAsync()
    {
        await Task.Yield();
        try
        {
            while (!_stop.IsCancellationRequested)
            {
                var before = _report;
                var after = await AskAsync(before);
                // A grant that was recorded meanwhile is not lost.
                var recorded = _report.Grant;
                _report = recorded.SentAt > after.Grant.SentAt ? after with { Grant = recorded } : after;
                answered();
                if (after.DiffersFor(before))
                {
                    changed();
                }

                await _wakeup.WaitAsync(options.HeartbeatInterval, _stop.Token);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Stopped.
        }
    }

    private async Task<NodeReport> AskAsync(NodeReport before)
    {
        var sentAt = time.GetTimestamp();
        try
        {
            return nextHeartbeat(client.Name) is { } heartbeat
                ? Heard(before, heartbeat, sentAt, await client.HeartbeatAsync(heartbeat, options.ReplicaTimeout, _stop.Token))
                : Heard(before, await client.DescribeAsync(options.ReplicaTimeout, _stop.Token), client);
        }
        catch (NodeUnreachableException e)
        {
            return before with { Seen = null, Problem = e.Message };
        }
    }

    /// <summary>Reads a plain answer.</summary>
    public static NodeReport Heard(NodeReport before, DescribeReply reply, INodeClient client) => before with
    {
        Seen = reply.Name == client.Name
            ? new Seen(client.Name, reply.Incarnation.ToIncarnation(), client.Address ?? "", reply.Blank, reply.WholeSince, Epoch.Unpack(reply.View?.Epoch ?? 0))
            : null,
        Problem = reply.Name == client.Name ? "" : OtherName(client, reply.Name),
        Fault = reply.Fault,
        Cluster = reply.Cluster,
        Statistics = reply.Statistics,
    };

    private static string OtherName(INodeClient client, string name) => $"the node at {client.Address} says that it is {name}, not {client.Name}";

    private NodeReport Heard(NodeReport before, HeartbeatRequest request, long sentAt, HeartbeatReply reply)
    {
        if (reply.Name != client.Name)
        {
            return before with { Seen = null, Problem = OtherName(client, reply.Name) };
        }

        if (reply.PromisedTerm > request.Term)
        {
            deposed(reply.PromisedTerm);
        }

        var incarnation = reply.Incarnation.ToIncarnation();
        return before with
        {
            Seen = new Seen(client.Name, incarnation, client.Address ?? "", reply.Blank, reply.WholeSince, Epoch.Unpack(reply.Epoch)),
            Problem = "",
            Fault = reply.Fault,
            Statistics = reply.Statistics,
            Grant = reply.Accepted ? new LeaseGrant(request.Term, sentAt, incarnation) : before.Grant,
            Synced = (Epoch.Unpack(reply.DurableView), new EntryVersion(reply.DurableEpoch, reply.DurableCounter)),
        };
    }
}
