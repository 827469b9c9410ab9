using System.Collections.Frozen;
using System.Collections.Immutable;
using KvAspire.Balancer.Cluster;
using KvAspire.Balancer.Transport;
using KvAspire.Protocol;
using View = KvAspire.Balancer.Cluster.View;

namespace KvAspire.Balancer.Coordination;

/// <content>Proposing a view, committing it, and making it the one that requests go by.</content>
internal sealed partial class Coordinator
{
    private const int ProposalsAllowed = 8;

    /// <summary>
    /// Views of this term that were proposed after the one in force and not committed; some nodes may have them.
    /// Used by the serving loop only.
    /// </summary>
    private readonly List<View> _abandoned = [];

    /// <summary>Those, and the one that is being proposed. Replaced by the serving loop, read by anyone.</summary>
    private ImmutableArray<View> _proposed = [];

    /// <summary>
    /// The slots that an abandoned view hands over or reorders stay stilled until another view is committed. Else the next term could begin
    /// with the abandoned one, and a write made under the view in force might be on the primary of that chain only. Used by the serving loop only.
    /// </summary>
    private IDisposable? _stillness;

    /// <summary>
    /// Has the nodes sync what they hold. Installing a view waits for their media, and every request waits for that: this makes it short. Nothing
    /// depends on it.
    /// </summary>
    private Task SyncAsync(View view, CancellationToken cancellationToken) => Task.WhenAll(view.Up.Select(async member =>
    {
        try
        {
            await Watch(member.Name, member.Address).Client.SyncAsync(_options.HeartbeatInterval, cancellationToken);
        }
        catch (NodeUnreachableException)
        {
            // The next round looks into it.
        }
    }));

    /// <summary>
    /// Commits the view. If a node fails just then, the old view stays in force and the next round proposes another, without
    /// that node; null if that has gone on for too long.
    /// </summary>
    private async Task<View?> ChangeAsync(View next, View parent, CancellationToken cancellationToken)
    {
        _proposed = [.. _abandoned, next];
        CountLease();
        if (!await CommitAsync(next, cancellationToken))
        {
            Abandon(next);
            if (_abandoned.Count > ProposalsAllowed)
            {
                return null;
            }

            await Task.Delay(Tick / 10, _time, cancellationToken);
            return parent;
        }

        Publish(next);
        DropFulfilled(next);
        UnwatchFormerMembers();
        Abandon(null);
        CountLease();
        EndStillness();
        return next;
    }

    /// <summary>One more view was proposed and not committed; null if none is left that matters.</summary>
    private void Abandon(View? view)
    {
        if (view is null)
        {
            _abandoned.Clear();
        }
        else
        {
            _abandoned.Add(view);
        }

        _proposed = [.. _abandoned];
    }

    private void EndStillness()
    {
        _stillness?.Dispose();
        _stillness = null;
    }

    /// <summary>
    /// Installs the view on all of its members that are up. It is committed if all of them took it, and a change quorum
    /// of the parent's in-sync nodes is among them; and one of those of each view that was proposed in between and abandoned,
    /// so that none of these can pass for committed any more.
    /// </summary>
    private async Task<bool> CommitAsync(View next, CancellationToken cancellationToken)
    {
        var message = next.ToMessage();
        var answers = await Task.WhenAll(next.Up.Select(async member =>
        {
            try
            {
                var request = new InstallRequest { View = message, Target = member.Incarnation.ToMessage() };
                var reply = await Watch(member.Name, member.Address).Client.InstallAsync(request, _options.ReplicaTimeout * 2, cancellationToken);
                if (!reply.Installed)
                {
                    OnDeposed(reply.PromisedTerm);
                }

                return (member.Name, reply.Installed, reply.Reason);
            }
            catch (NodeUnreachableException e)
            {
                var monitor = Watch(member.Name, member.Address);
                monitor.Record(monitor.Report with { Seen = null, Problem = e.Message });
                return (member.Name, Installed: false, Reason: e.Message);
            }
        }));
        var installed = answers.Where(a => a.Installed).Select(a => a.Name).ToHashSet(StringComparer.Ordinal);
        var committed = answers.Length > 0
            && (installed.Count == answers.Length || !_rules.CommitOnAllMembers)
            && (IsChangeQuorum(next.ParentInSync) || !_rules.CommitOnChangeQuorum)
            && (next.Abandoned.All(v => IsChangeQuorum(v)) || !_rules.CommitOnAbandoned)
            && next.Undecided.All(v => IsChangeQuorum(v));
        if (committed)
        {
            LogCommitted(next.Epoch.ToString(), Describe(next));
            _telemetry.CountView();
        }
        else
        {
            var reasons = answers.Where(a => !a.Installed).Select(a => $"{a.Name}: {a.Reason}")
                .Concat(next.Undecided.Concat(next.Abandoned).Prepend(next.ParentInSync).Where(v => !IsChangeQuorum(v)).Select(v => $"too few of {string.Join(", ", v)}"));
            LogNotCommitted(next.Epoch.ToString(), string.Join("; ", reasons));
        }

        return committed;

        bool IsChangeQuorum(IReadOnlyCollection<string> inSync) => inSync.Count(installed.Contains) >= Quorums.Change(inSync.Count);
    }

    /// <summary>Makes the committed view the one that requests go by, with open channels to its nodes.</summary>
    private void Publish(View view)
    {
        var before = _serving;
        var links = new Dictionary<string, ReplicaLink>(StringComparer.Ordinal);
        foreach (var member in view.Up)
        {
            var link = before?.Links.GetValueOrDefault(member.Name);
            if (link is null || link.IsBroken || link.Incarnation != member.Incarnation)
            {
                var client = Watch(member.Name, member.Address).Client;
                link = new ReplicaLink(member.Name, member.Incarnation, client.OpenChannel(member.Incarnation), client.OpenChannel(member.Incarnation));
            }

            links[member.Name] = link;
        }

        var serving = new ServingView(view, links.ToFrozenDictionary(StringComparer.Ordinal));
        _serving = serving;
        CountLease();
        SetState(CoordinatorPhase.Serving, "Serving.", []);
        before?.MarkSuperseded();
        Close(before, serving);
        foreach (var monitor in _monitors.Values)
        {
            // Nodes hear of the commit at once.
            monitor.Kick();
        }
    }

    private void Unpublish()
    {
        var before = _serving;
        _serving = null;
        before?.MarkSuperseded();
        Close(before, null);
        EndStillness();
        Filler.EndTerm();
    }

    private void StopServing(CoordinatorPhase phase, string detail, IReadOnlyList<string> waitingFor)
    {
        Unpublish();
        SetState(phase, detail, waitingFor);
    }

    private static void Close(ServingView? before, ServingView? after)
    {
        foreach (var link in before?.Links.Values ?? [])
        {
            if (after is null || after.Links.GetValueOrDefault(link.Node) != link)
            {
                _ = link.Reads.DisposeAsync().AsTask();
                _ = link.Writes.DisposeAsync().AsTask();
            }
        }
    }

    private static string Describe(View view)
    {
        var filling = view.Slots.Sum(s => s.Filling.Length);
        var unserved = Enumerable.Range(0, view.Slots.Length).Count(s => !view.IsServed(s));
        var members = string.Join(", ", view.Members.Values.Select(m => $"{m.Name} {m.State}"));
        return $"{members}; {filling} replicas to fill, {unserved} slots without a copy that is up";
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "View {Epoch} committed: {View}")]
    private partial void LogCommitted(string epoch, string view);

    [LoggerMessage(Level = LogLevel.Warning, Message = "View {Epoch} not committed: {Reasons}")]
    private partial void LogNotCommitted(string epoch, string reasons);
}
