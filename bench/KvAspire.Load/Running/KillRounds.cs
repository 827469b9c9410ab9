using System.Diagnostics;
using KvAspire.Load.Client;

namespace KvAspire.Load.Running;

/// <summary>One kill and what came of it.</summary>
/// <param name="Node">The node that was killed.</param>
/// <param name="NoticedAfterSeconds">From the kill until the cluster said that the node is down.</param>
/// <param name="WholeAfterSeconds">From the new start until all slots were fully replicated.</param>
internal sealed record KillRecord(string Node, double NoticedAfterSeconds, double WholeAfterSeconds);

/// <summary>
/// Kills one node after another while the load runs, and starts each again; the next one only when <c>GET /cluster</c>
/// says that every slot is fully replicated, since more than one missing copy is more than the store promises to bear.
/// </summary>
/// <param name="nodes">Kills and starts.</param>
/// <param name="client">Asks the cluster.</param>
/// <param name="absence">How long a node stays away after the cluster has noticed, so that it misses some writes.</param>
/// <param name="patience">How long to wait for each thing before giving up.</param>
/// <param name="say">Takes a line for each step.</param>
internal sealed class KillRounds(INodeControl nodes, StoreClient client, TimeSpan absence, TimeSpan patience, Action<string> say)
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);

    private readonly List<KillRecord> _kills = [];
    private volatile bool _firstRoundDone;

    /// <summary>Every node was killed at least once, or the rounds have ended.</summary>
    public bool FirstRoundDone => _firstRoundDone;

    public IReadOnlyList<KillRecord> Kills => _kills;

    /// <summary>Why the rounds ended early; null if they did not.</summary>
    public string? Failure { get; private set; }

    /// <summary>Works until the load is over, but never leaves a round's node away.</summary>
    /// <param name="loadGoesOn">Asked before each kill after the first round.</param>
    /// <param name="cancelled">Ends the rounds at once.</param>
    public async Task RunAsync(Func<bool> loadGoesOn, CancellationToken cancelled)
    {
        try
        {
            await WaitAsync("all slots are fully replicated before the first kill", state => state.IsWhole, cancelled);
            do
            {
                foreach (var node in nodes.Nodes)
                {
                    if (_firstRoundDone && !loadGoesOn())
                    {
                        return;
                    }

                    await KillAndRestartAsync(node, cancelled);
                }

                _firstRoundDone = true;
            }
            while (loadGoesOn());
        }
        catch (TimeoutException exception)
        {
            Failure = exception.Message;
            say(Failure);
        }
        finally
        {
            _firstRoundDone = true;
        }
    }

    private async Task KillAndRestartAsync(string node, CancellationToken cancelled)
    {
        await nodes.KillAsync(node);
        say($"killed {node}");
        var noticed = await WaitAsync($"the cluster notices that {node} is down", state => !state.IsActive(node), cancelled);
        await Task.Delay(absence, cancelled);
        nodes.Start(node);
        var whole = await WaitAsync($"all slots are fully replicated after {node} was started again", state => state.IsWhole, cancelled);
        _kills.Add(new KillRecord(node, noticed.TotalSeconds, whole.TotalSeconds));
        say(FormattableString.Invariant($"{node} was noticed down after {noticed.TotalSeconds:0.0} s; all slots fully replicated {whole.TotalSeconds:0.0} s after its new start"));
    }

    private async Task<TimeSpan> WaitAsync(string what, Func<ClusterState, bool> holds, CancellationToken cancelled)
    {
        using var deadline = new Deadline(TimeSpan.FromSeconds(5), cancelled);
        var buffer = new ReceiveBuffer();
        var begun = Stopwatch.GetTimestamp();
        var last = "GET /cluster gave no answer";
        while (Stopwatch.GetElapsedTime(begun) < patience)
        {
            var answer = await client.ReadPageAsync("cluster", buffer, deadline);
            if (ClusterState.Read(answer) is { } state)
            {
                if (holds(state))
                {
                    return Stopwatch.GetElapsedTime(begun);
                }

                last = $"the cluster is {state.State}, {state.Slots.FullyReplicated} of {state.Slots.Total} slots are fully replicated, "
                    + string.Join(", ", state.Nodes.Select(node => $"{node.Name} is {node.State}"));
            }
            else
            {
                last = $"GET /cluster ended in '{answer.Label}'";
            }

            await Task.Delay(Poll, cancelled);
        }

        throw new TimeoutException(FormattableString.Invariant($"Waited {patience.TotalSeconds:0} s in vain until {what}: {last}."));
    }
}
