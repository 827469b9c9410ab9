using System.Collections.Immutable;

namespace KvAspire.Balancer.Cluster;

/// <summary>What a node that promised this coordinator its term said of itself.</summary>
/// <param name="Name">The node.</param>
/// <param name="Incarnation">Its present life.</param>
/// <param name="View">The view it has; null for an empty store.</param>
/// <param name="Committed">It knows that this view was committed.</param>
internal sealed record Promise(string Name, Incarnation Incarnation, View? View, bool Committed);

/// <summary>What to do with a set of promises.</summary>
/// <param name="CanStart">They suffice.</param>
/// <param name="Base">The view to go on from; null to begin an empty cluster.</param>
/// <param name="WaitingFor">If they do not suffice: the nodes that are missing.</param>
/// <param name="Reason">If they do not suffice: one sentence.</param>
internal sealed record StartOutcome(bool CanStart, View? Base, ImmutableArray<string> WaitingFor, string Reason)
{
    /// <summary>
    /// The nodes that the operator gave up on could have committed views after <see cref="Base"/> by themselves. What was done under those
    /// is given up with them.
    /// </summary>
    public bool MayLackViews { get; init; }

    /// <summary><see cref="Base"/> is known to have been committed.</summary>
    public bool IsBaseCommitted { get; init; }

    /// <summary><see cref="Base"/> was never committed and never will be: a node that it counts on has promised, and does not have it.</summary>
    public bool IsBaseRefuted { get; init; }
}

/// <summary>
/// Whether a starting coordinator knows enough to go on, and from which view.
/// </summary>
/// <remarks>
/// It goes on from the highest view that it was told of and that can have been committed as far as the promises tell. They must make a start quorum of that view; and unless the view
/// is known to be committed, of its parent too, since the parent may then still be the one in force (joint consensus,
/// Ongaro and Ousterhout 2014); and of those before the parent, if that was not known to be committed either. A node whose store is not the one the view knows has forgotten what it promised and
/// installed: it counts for no quorum. Without nodes that the operator has given up on, quorums may not share a node any more. Then every
/// other member has to be there: nothing is given up but what the given-up nodes alone may know of.
/// </remarks>
internal static class StartDecision
{
    /// <param name="promises">One for each node that promised.</param>
    /// <param name="configured">The nodes that an empty cluster begins with.</param>
    /// <param name="forgotten">Nodes that the operator has given up on: counted as if they were not there.</param>
    /// <param name="rules">What to go by; null for all rules.</param>
    /// <param name="heard">The highest view that a node told of, whether or not it promised; null if there is none.</param>
    public static StartOutcome Decide(
        IReadOnlyCollection<Promise> promises,
        IReadOnlyCollection<string> configured,
        IReadOnlySet<string> forgotten,
        ProtocolRules? rules = null,
        View? heard = null)
    {
        var clusters = promises.Where(p => p.View is not null).ToLookup(p => p.View!.Cluster, p => p.Name);
        if (clusters.Count > 1)
        {
            var groups = string.Join("; ", clusters.Select(c => $"{c.Key}: {string.Join(", ", c)}"));
            return new StartOutcome(false, null, [], $"The nodes hold data of different clusters ({groups}): point them at directories of one cluster.");
        }

        var views = promises.Select(p => p.View).Append(heard).OfType<View>().DistinctBy(v => v.Epoch).OrderByDescending(v => v.Epoch).ToList();
        var last = views.Find(v => !IsOutvoted(v, promises)) ?? views.FirstOrDefault();
        return last is null ? DecideEmpty(promises, configured, forgotten) : DecideOn(last, promises, forgotten, rules ?? ProtocolRules.All);
    }

    /// <summary>
    /// So many of the parent's in-sync nodes have promised without having the view that no change quorum of them is left: it was never committed, and never
    /// will be. If the parent was, they have that at least. So it is when an operator gave up on them, and they are back after all.
    /// </summary>
    private static bool IsOutvoted(View view, IReadOnlyCollection<Promise> promises)
    {
        var without = promises.Where(p => p.View is { } theirs && theirs.Epoch < view.Epoch)
            .SelectMany(p => NamesOf(p, view))
            .ToHashSet(StringComparer.Ordinal);
        var left = view.ParentInSync.Count(n => !without.Contains(n));
        return !view.ParentInSync.IsEmpty && left < Quorums.Change(view.ParentInSync.Length);
    }

    /// <summary>The entries of <see cref="View.ParentInSync"/> that it can speak for.</summary>
    private static IEnumerable<string> NamesOf(Promise promise, View view)
    {
        yield return View.Voter(promise.Name, promise.Incarnation.Store);
        if (view.Members.TryGetValue(promise.Name, out var known) && known.Incarnation.Store == promise.Incarnation.Store)
        {
            yield return promise.Name;
        }
    }

    private static StartOutcome DecideEmpty(
        IReadOnlyCollection<Promise> promises, IReadOnlyCollection<string> configured, IReadOnlySet<string> forgotten)
    {
        // A node that does not answer might hold a store's data: beginning without it could hide them.
        var missing = configured.Except(promises.Select(p => p.Name)).Except(forgotten).Order(StringComparer.Ordinal).ToImmutableArray();
        return missing.IsEmpty && promises.Count > 0
            ? new StartOutcome(true, null, [], "")
            : new StartOutcome(false, null, missing, "A new cluster begins when all configured nodes are there.");
    }

    private static StartOutcome DecideOn(
        View last, IReadOnlyCollection<Promise> promises, IReadOnlySet<string> forgotten, ProtocolRules rules)
    {
        var voters = promises
            .Where(p => last.Members.TryGetValue(p.Name, out var known)
                && (known.Incarnation.Store == p.Incarnation.Store || !rules.CountKnownStoresOnly))
            .Select(p => p.Name)
            .Concat(promises.Select(p => View.Voter(p.Name, p.Incarnation.Store)))
            .ToHashSet(StringComparer.Ordinal);
        var missing = rules.StartQuorum ? Missing(last.InSync, voters, forgotten) : [];
        var mayLackViews = MayLackViews(last.InSync, voters, forgotten);
        var isCommitted = IsKnownCommitted(last, promises, rules);
        if (rules.ParentStartQuorum && !isCommitted)
        {
            foreach (var inSync in last.Undecided.Prepend(last.ParentInSync))
            {
                missing = missing.Union(Missing(inSync, voters, forgotten));
                mayLackViews |= MayLackViews(inSync, voters, forgotten);
            }
        }

        if (mayLackViews)
        {
            // Any member may have been in sync later.
            missing = missing.Union(last.Members.Keys.Where(n => !voters.Contains(n) && !forgotten.Contains(n)));
        }

        return missing.IsEmpty
            ? new StartOutcome(true, last, [], "")
            {
                MayLackViews = mayLackViews,
                IsBaseCommitted = isCommitted,
                IsBaseRefuted = !isCommitted && promises.Any(p => (p.View?.Epoch ?? default) < last.Epoch && last.IsUp(p.Name) && voters.Contains(p.Name)),
            }
            : new StartOutcome(false, last, [.. missing], "Too few of the nodes that were in sync last are there.");
    }

    /// <summary>The voters among <paramref name="inSync"/> that a start quorum still lacks; empty if they are enough.</summary>
    private static ImmutableSortedSet<string> Missing(
        IEnumerable<string> inSync, HashSet<string> voters, IReadOnlySet<string> forgotten)
    {
        var counted = inSync.Where(n => !forgotten.Contains(View.NameOf(n))).ToList();
        var absent = counted.Where(n => !voters.Contains(n)).ToList();
        return counted.Count - absent.Count >= Quorums.Start(counted.Count) ? [] : absent.Select(View.NameOf).ToImmutableSortedSet(StringComparer.Ordinal);
    }

    /// <summary>With nodes that the operator gave up on, those that are away are enough to have committed a view that none of the voters has.</summary>
    private static bool MayLackViews(IReadOnlyCollection<string> inSync, HashSet<string> voters, IReadOnlySet<string> forgotten)
    {
        var away = inSync.Where(n => !voters.Contains(n)).ToList();
        return away.Exists(n => forgotten.Contains(View.NameOf(n))) && away.Count >= Quorums.Change(inSync.Count);
    }

    /// <summary>A node knows it, or those that have it are as many as its coordinator had to wait for.</summary>
    private static bool IsKnownCommitted(View last, IReadOnlyCollection<Promise> promises, ProtocolRules rules)
    {
        var holders = promises.Where(p => p.View?.Epoch == last.Epoch).ToList();
        if (holders.Any(p => p.Committed))
        {
            return true;
        }

        var names = holders.Select(p => p.Name).ToHashSet(StringComparer.Ordinal);
        return last.InSync.All(names.Contains)
            && IsChangeQuorum(last.ParentInSync)
            && last.Undecided.All(IsChangeQuorum)
            && (last.Abandoned.All(IsChangeQuorum) || !rules.InferCommitOverAbandoned);

        bool IsChangeQuorum(ImmutableArray<string> inSync) => inSync.Count(names.Contains) >= Quorums.Change(inSync.Length);
    }
}
