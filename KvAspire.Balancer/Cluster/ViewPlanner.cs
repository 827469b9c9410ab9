using System.Collections.Immutable;

namespace KvAspire.Balancer.Cluster;

/// <summary>
/// Decides what the next view is. Pure: the same input always gives the same view.
/// </summary>
/// <remarks>
/// <para>The rules, slot by slot:</para>
/// <list type="number">
/// <item>A replica stays in sync only as long as the very process that was in sync answers.</item>
/// <item>If none stayed, one of the last holders that is back with its old store becomes the whole chain: the one
/// farthest from the primary, since each replica holds at least what those nearer to the primary hold. The others catch
/// up from it. If none is back, the chain keeps their names and the slot is not served. One that has lost power since, and may lack what
/// it had not synced, counts as back only when all others are back as well, and have lost power, too; the others are then filled from the
/// beginning, since they may have what it lost. A holder that is back with another
/// store is struck out; if that leaves nobody, only the operator can let the slot begin anew.</item>
/// <item>A wanted replica that is not in sync is put on the filling list. It begins again if the coordinator is a new
/// one, or if the far end, which it copies from, is lost or was restarted.</item>
/// <item>A replica whose copy is complete goes to the far end of the chain; whoever is then beyond the copies wanted
/// leaves.</item>
/// <item>The order of a chain changes only while the chain is level and nothing is in hand.</item>
/// </list>
/// </remarks>
internal static class ViewPlanner
{
    /// <summary>The first view of an empty cluster: every slot at home at once, for there is nothing to copy.</summary>
    public static View Begin(
        Epoch epoch, string coordinator, string cluster, IReadOnlyCollection<Seen> nodes, int replicationFactor, int slots)
    {
        var ranking = Ranking.Of(nodes.Select(n => n.Name), slots);
        return new View(
            epoch,
            coordinator,
            cluster,
            nodes.ToImmutableSortedDictionary(
                n => n.Name, n => new Member(n.Name, n.Address, n.Incarnation, MemberState.Active, StoreSince: epoch), StringComparer.Ordinal),
            [.. Enumerable.Range(0, slots).Select(
                slot => new SlotPlacement([.. ranking.First(slot, replicationFactor)], []))],
            [],
            replicationFactor,
            ImmutableSortedSet.Create<string>(StringComparer.Ordinal));
    }

    /// <summary>The view that follows. It may say the same as its parent; then there is nothing to do.</summary>
    public static View Next(PlanInput input)
    {
        var members = Members(input);
        var ranking = Ranking.Of(members.Values.Where(m => HasPlace(m, input)).Select(m => m.Name), input.Parent.Slots.Length);
        var staying = input.Parent.Members.Keys.Where(n => IsSameProcess(n, input)).ToHashSet(StringComparer.Ordinal);
        var slots = ImmutableArray.CreateBuilder<SlotPlacement>(input.Parent.Slots.Length);
        for (var slot = 0; slot < input.Parent.Slots.Length; slot++)
        {
            var next = IsSettled(slot, input, staying, ranking) ? input.Parent.Slots[slot] : Place(slot, input, members, staying, ranking);
            slots.Add(WithDropped(slot, next, input, members));
        }

        return WithSettledMembers(input, members, slots.MoveToImmutable());
    }

    /// <summary>The slots whose primary or order is not the ranked one.</summary>
    public static IEnumerable<int> OutOfOrder(View view)
    {
        var ranking = Ranking.Of(view.Members.Keys, view.Slots.Length);
        for (var slot = 0; slot < view.Slots.Length; slot++)
        {
            var placed = view.Slots[slot];
            if (placed.Chain.Length > 1
                && placed.Filling.IsEmpty
                && view.IsServed(slot)
                && !ranking.IsInOrder(slot, placed.Chain.AsSpan()))
            {
                yield return slot;
            }
        }
    }

    private static ImmutableSortedDictionary<string, Member> Members(PlanInput input)
    {
        var members = ImmutableSortedDictionary.CreateBuilder<string, Member>(StringComparer.Ordinal);
        foreach (var known in input.Parent.Members.Values)
        {
            if (input.Alive.TryGetValue(known.Name, out var seen))
            {
                var state = input.Leaving.Contains(known.Name) ? MemberState.Leaving
                    : known.State == MemberState.Down || input.Staying.Contains(known.Name) ? MemberState.Active
                    : known.State;
                members[known.Name] = known with
                {
                    Address = seen.Address,
                    Incarnation = seen.Incarnation,
                    State = state,
                    DownSince = 0,
                    StoreSince = input.Rules.NoteStores && seen.Incarnation.Store != known.Incarnation.Store ? input.Epoch : known.StoreSince,
                };
            }
            else if (!input.Forgotten.Contains(known.Name))
            {
                var isLeaving = (known.State == MemberState.Leaving || input.Leaving.Contains(known.Name)) && !input.Staying.Contains(known.Name);
                members[known.Name] = known with
                {
                    State = isLeaving ? MemberState.Leaving : MemberState.Down,
                    DownSince = known.IsUp ? input.Now : known.DownSince,
                };
            }
        }

        foreach (var name in input.Joining)
        {
            if (!members.ContainsKey(name) && input.Alive.TryGetValue(name, out var seen))
            {
                members[name] = new Member(name, seen.Address, seen.Incarnation, MemberState.Joining, StoreSince: input.Rules.NoteStores ? input.Epoch : default);
            }
        }

        return members.ToImmutable();
    }

    /// <summary>A member that may hold slots. A node that is down loses its place after a while.</summary>
    public static bool HasPlace(Member member, PlanInput input) => member.State switch
    {
        MemberState.Leaving => false,
        MemberState.Down => input.Now - member.DownSince < input.RehomeAfter.TotalMilliseconds,
        _ => true,
    };

    /// <summary>
    /// All of the chain stay, nobody else is wanted who could come, and nobody is being filled: what <see cref="Place"/> gives is the
    /// slot as it is. Most slots are, most of the time.
    /// </summary>
    private static bool IsSettled(int slot, PlanInput input, HashSet<string> staying, Ranking ranking)
    {
        var old = input.Parent.Slots[slot];
        if (input.MayLackViews || old.Chain.IsEmpty || !old.Filling.IsEmpty || old.Chain.Length > input.Parent.ReplicationFactor || input.Level.Contains(slot))
        {
            return false;
        }

        foreach (var node in old.Chain)
        {
            if (!staying.Contains(node))
            {
                return false;
            }
        }

        foreach (var node in ranking.First(slot, input.Parent.ReplicationFactor))
        {
            if (!old.Chain.Contains(node) && input.Alive.ContainsKey(node))
            {
                return false;
            }
        }

        return true;
    }

    private static SlotPlacement Place(
        int slot, PlanInput input, ImmutableSortedDictionary<string, Member> members, HashSet<string> staying, Ranking ranking)
    {
        var old = input.Parent.Slots[slot];
        // Of a slot that waits for its last holders nobody is in sync, not even those that are back.
        List<string> chain = input.Parent.IsServed(slot) ? [.. old.Chain.Where(staying.Contains)] : [];
        // Asked before a last holder is promoted: after a power cut it may hold less than it gave away before.
        var sourceStays = chain.Count > 0 && chain[^1] == old.Chain[^1];
        var isLossy = input.MayLackViews;
        if (chain.Count == 0)
        {
            var holders = LastHolders(old, input).Where(n => members.ContainsKey(n) && !IsBackEmpty(n, input)).ToImmutableArray();
            if (holders.IsEmpty && input.Forgotten.Count > 0)
            {
                // The operator gave up on what was there: the slot begins anew, with what may be left of it.
                var left = input.IsParentCommitted && old.DroppedBy == input.Parent.Epoch ? [] : old.Dropped
                    .Where(d => input.Alive.ContainsKey(d.Node) && members.ContainsKey(d.Node) && !IsBackEmpty(d.Node, input))
                    .Reverse()
                    .OrderBy(d => input.Alive[d.Node].WholeSince > d.Start)
                    .Select(d => d.Node);
                holders = [.. left.Concat(ranking[slot].ToArray().Where(input.Alive.ContainsKey)).Take(1)];
                isLossy |= !holders.IsEmpty;
            }

            var back = holders.LastOrDefault(n => input.Alive.ContainsKey(n) && !HasLostPower(n, old, input));
            if (back is null && !holders.IsEmpty && holders.All(input.Alive.ContainsKey))
            {
                back = holders[^1];
                isLossy = true;
            }

            if (back is null)
            {
                return new SlotPlacement(holders, [], Reset()) { HeldAs = [.. holders.Select(n => InSyncAs(n, old, input.Parent))] };
            }

            chain.Add(back);
        }
        else
        {
            chain.AddRange(old.Filling.Select(f => f.Node).Where(n =>
                input.Copied.Contains((slot, n)) && staying.Contains(n) && !chain.Contains(n)));
        }

        var wanted = ranking.First(slot, input.Parent.ReplicationFactor);
        Trim(chain, wanted, input.Parent.ReplicationFactor);
        if (input.Level.Contains(slot))
        {
            chain = [.. Rendezvous.Rank(slot, chain)];
        }

        return new SlotPlacement([.. chain], Fill(old, chain, wanted, sourceStays, staying, input), Reset());

        Epoch Reset() => isLossy && input.Rules.ResetAfterLoss ? input.Epoch : old.Reset;
    }

    private static bool IsSameProcess(string node, PlanInput input) =>
        input.Parent.IsUp(node)
        && input.Alive.TryGetValue(node, out var seen)
        && (seen.Incarnation == input.Parent.Members[node].Incarnation || !input.Rules.InSyncByIncarnation);

    /// <summary>Since it was in sync for the slot, a power cut may have taken what it had acknowledged and not synced.</summary>
    private static bool HasLostPower(string node, SlotPlacement old, PlanInput input) =>
        input.Rules.WaitForWholeHolders
        && LastHolders(old, input).Contains(node)
        && input.Alive[node].WholeSince > InSyncAs(node, old, input.Parent);

    /// <summary>
    /// Those that may have what was acknowledged last. If the view that left some out was never in force, that is so of these as well.
    /// </summary>
    private static IEnumerable<string> LastHolders(SlotPlacement old, PlanInput input) =>
        input.Rules.RememberDropped && WasNeverInForce(old, input) ? old.Dropped.Select(d => d.Node).Concat(old.Chain) : old.Chain;

    /// <summary>
    /// The view that left out <see cref="SlotPlacement.Dropped"/> was never in force: the start that goes on from it knows, or a holder of the slot is back,
    /// on which that view counted and which never had it.
    /// </summary>
    private static bool WasNeverInForce(SlotPlacement old, PlanInput input) =>
        old.DroppedBy == input.Parent.Epoch
            ? input.IsParentRefuted
            : old.Chain.Any(n => input.Alive.TryGetValue(n, out var seen) && !IsBackEmpty(n, input) && seen.View < old.DroppedBy);

    /// <summary>The start as which a last holder is in sync for the slot, or was last.</summary>
    private static ulong InSyncAs(string node, SlotPlacement old, View parent)
    {
        var position = old.Chain.IndexOf(node);
        return position < 0 ? old.Dropped.First(d => d.Node == node).Start
            : old.HeldAs.IsEmpty ? parent.Members[node].Incarnation.Start
            : old.HeldAs[position];
    }

    /// <summary>
    /// Notes who held the slot under the view that is in force as long as the next one is not, and is not in its chain. If it cannot be told whether the
    /// parent was in force, and the slot waits for a holder that may tell, those that the parent left out are kept in mind.
    /// </summary>
    private static SlotPlacement WithDropped(
        int slot, SlotPlacement next, PlanInput input, ImmutableSortedDictionary<string, Member> members)
    {
        var old = input.Parent.Slots[slot];
        if (ReferenceEquals(old, next) && old.Dropped.IsEmpty)
        {
            return next;
        }

        var isOpen = old.DroppedBy != input.Parent.Epoch || (!input.IsParentCommitted && input.Parent.IsServed(slot));
        var (by, former) = isOpen && !next.HeldAs.IsEmpty && !old.Dropped.IsEmpty && !WasNeverInForce(old, input)
            ? (old.DroppedBy, old.Dropped.AsEnumerable())
            : (input.Epoch, LastHolders(old, input).Select(n => new FormerHolder(n, InSyncAs(n, old, input.Parent))));
        ImmutableArray<FormerHolder> dropped =
            [.. former.Where(d => !next.Chain.Contains(d.Node) && members.ContainsKey(d.Node) && !IsBackEmpty(d.Node, input))];
        return dropped.IsEmpty && next.Dropped.IsEmpty ? next : next with { Dropped = dropped, DroppedBy = dropped.IsEmpty ? default : by };
    }

    private static bool IsBackEmpty(string node, PlanInput input) => IsBackEmpty(node, input.Parent, input);

    /// <summary>The node answers, with another store than the one that was in sync in the view.</summary>
    private static bool IsBackEmpty(string node, View view, PlanInput input) =>
        input.Rules.StrikeOutEmptyHolders
        && input.Alive.TryGetValue(node, out var seen)
        && seen.Incarnation.Store != view.Members[node].Incarnation.Store;

    private static void Trim(List<string> chain, ReadOnlySpan<string> wanted, int copies)
    {
        for (var i = chain.Count - 1; i >= 0 && chain.Count > copies; i--)
        {
            if (!wanted.Contains(chain[i]))
            {
                chain.RemoveAt(i);
            }
        }
    }

    private static ImmutableArray<CatchingUp> Fill(
        SlotPlacement old, List<string> chain, ReadOnlySpan<string> wanted, bool sourceStays, HashSet<string> staying, PlanInput input)
    {
        var filling = ImmutableArray.CreateBuilder<CatchingUp>();
        foreach (var node in wanted)
        {
            if (chain.Contains(node) || !input.Alive.ContainsKey(node))
            {
                continue;
            }

            var before = old.Filling.FirstOrDefault(f => f.Node == node);
            var goesOn = before.Node is not null
                && ((sourceStays && before.Joined.Term == input.Epoch.Term) || !input.Rules.CopyAgainFromAnother)
                && staying.Contains(node);
            filling.Add(goesOn ? before : new CatchingUp(node, input.Epoch));
        }

        return filling.ToImmutable();
    }

    /// <summary>
    /// Who holds a slot has joined. Who leaves, has no slot left and has purged what it held is gone; so is one that does not answer, once a view without
    /// its slots is committed.
    /// </summary>
    private static View WithSettledMembers(
        PlanInput input, ImmutableSortedDictionary<string, Member> members, ImmutableArray<SlotPlacement> slots)
    {
        var holding = View.Holding(slots);
        var dropped = slots.SelectMany(s => s.Dropped).Select(d => d.Node).ToHashSet(StringComparer.Ordinal);
        var settled = members.ToBuilder();
        var removed = input.Parent.Removed.Except(input.Readmitted).Except(settled.Keys).ToBuilder();
        foreach (var member in settled.Values.ToList())
        {
            if (member.State == MemberState.Joining && holding.Contains(member.Name))
            {
                settled[member.Name] = member with { State = MemberState.Active };
            }
            else if (member.State == MemberState.Leaving
                && !holding.Contains(member.Name)
                && !dropped.Contains(member.Name)
                && !(input.Alive.TryGetValue(member.Name, out var seen) && !seen.IsBlank))
            {
                settled.Remove(member.Name);
                removed.Add(member.Name);
            }
        }

        foreach (var name in input.Forgotten.Where(n => input.Parent.Members.ContainsKey(n) && !settled.ContainsKey(n)))
        {
            removed.Add(name);
        }

        var undecided = input.IsParentCommitted || !input.Rules.RememberUndecided ? [] : Undecided(input, settled);
        return new View(
            input.Epoch,
            input.Coordinator,
            input.Parent.Cluster,
            settled.ToImmutable(),
            slots,
            Voters(input.Parent, input, settled),
            input.Parent.ReplicationFactor,
            removed.ToImmutable())
        {
            Abandoned = [.. input.Abandoned.Select(v => Voters(v, input, settled)), .. StillAbandoned(input, undecided, settled)],
            Undecided = undecided,
        };
    }

    /// <summary>What the parent followed, and what that followed, as far as it may be in force instead of the parent. Each set of nodes once.</summary>
    private static ImmutableArray<ImmutableArray<string>> Undecided(PlanInput input, IReadOnlyDictionary<string, Member> members) =>
    [
        .. input.Parent.Undecided.Prepend(input.Parent.ParentInSync)
            .Select(v => Known(v, input, members))
            .Where(v => !v.IsEmpty)
            .DistinctBy(v => string.Join(' ', v)),
    ];

    /// <summary>
    /// Of two nodes each may have a proposal without the other, and be enough to commit it: those that the parent had to do away with are to be done
    /// away with still. Of three and more, quorums of the view that they followed share a node.
    /// </summary>
    private static IEnumerable<ImmutableArray<string>> StillAbandoned(
        PlanInput input, ImmutableArray<ImmutableArray<string>> undecided, IReadOnlyDictionary<string, Member> members) =>
        undecided.Any(v => v.Length == 2) ? input.Parent.Abandoned.Select(v => Known(v, input, members)).Where(v => !v.IsEmpty) : [];

    /// <summary>Voters of an earlier view, as the parent names them, by what is known of them now.</summary>
    private static ImmutableArray<string> Known(ImmutableArray<string> voters, PlanInput input, IReadOnlyDictionary<string, Member> members) =>
    [
        .. voters.Select(n => input.Parent.Members.ContainsKey(n) ? Voter(n, input.Parent, input, members) : n).Where(n => !IsGivenUpAtStart(n, input)),
    ];

    /// <summary>A start does not wait for the promise of a node that was given up, so that its first view cannot wait for its word; nor for that of its former store.</summary>
    private static bool IsGivenUpAtStart(string voter, PlanInput input) =>
        input.Forgotten.Contains(View.NameOf(voter))
        && input.Epoch.Term != input.Parent.Epoch.Term
        && !(input.Alive.TryGetValue(View.NameOf(voter), out var seen) && (voter == seen.Name || voter == View.Voter(seen.Name, seen.Incarnation.Store)));

    /// <summary>
    /// The in-sync nodes of a view. One that has another store since, or is no member any more, is named with the store: nobody else can speak for it, not
    /// even if the name is taken again.
    /// </summary>
    private static ImmutableArray<string> Voters(View view, PlanInput input, IReadOnlyDictionary<string, Member> members) =>
        [.. view.InSync.Select(n => Voter(n, view, input, members)).Where(n => !IsGivenUpAtStart(n, input))];

    private static string Voter(string node, View view, PlanInput input, IReadOnlyDictionary<string, Member> members) =>
        IsBackEmpty(node, view, input) || !members.ContainsKey(node)
            ? View.Voter(node, view.Members[node].Incarnation.Store)
            : node;
}
