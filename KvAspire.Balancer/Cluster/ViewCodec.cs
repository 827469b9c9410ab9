using System.Collections.Immutable;
using KvAspire.Protocol;

namespace KvAspire.Balancer.Cluster;

/// <summary>Views as they travel. Slots name members by index there, by name here.</summary>
internal static class ViewCodec
{
    /// <summary>The message is to be read only: parts of it are shared.</summary>
    public static Protocol.View ToMessage(this View view)
    {
        var message = new Protocol.View
        {
            Epoch = view.Epoch.Packed,
            Coordinator = view.Coordinator,
            Cluster = view.Cluster,
            ReplicationFactor = (uint)view.ReplicationFactor,
        };
        message.ParentInSync.Add(view.ParentInSync);
        message.Removed.Add(view.Removed);
        foreach (var abandoned in view.Abandoned)
        {
            message.Abandoned.Add(new NodeNames { Names = { abandoned } });
        }

        foreach (var undecided in view.Undecided)
        {
            message.Undecided.Add(new NodeNames { Names = { undecided } });
        }

        var index = new Dictionary<string, uint>(StringComparer.Ordinal);
        foreach (var member in view.Members.Values)
        {
            index[member.Name] = (uint)message.Members.Count;
            message.Members.Add(new Protocol.Member
            {
                Name = member.Name,
                Address = member.Address,
                Incarnation = member.Incarnation.ToMessage(),
                State = ToMessage(member.State),
                DownSince = member.DownSince,
                StoreSince = member.StoreSince.Packed,
            });
        }

        // There are far fewer placements than slots: those that are the same share one message.
        var placements = new Dictionary<SlotPlacement, Slot>();
        foreach (var slot in view.Slots)
        {
            if (!placements.TryGetValue(slot, out var placed))
            {
                placements[slot] = placed = ToMessage(slot, index);
            }

            message.Slots.Add(placed);
        }

        return message;
    }

    public static View ToView(this Protocol.View message)
    {
        var names = message.Members.Select(m => m.Name).ToArray();
        return new View(
            Epoch.Unpack(message.Epoch),
            message.Coordinator,
            message.Cluster,
            message.Members.ToImmutableSortedDictionary(m => m.Name, ToMember, StringComparer.Ordinal),
            [.. message.Slots.Select(s => new SlotPlacement(
                [.. s.Chain.Select(i => names[i])],
                [.. s.CatchingUp.Select(c => new CatchingUp(names[c.Member], Epoch.Unpack(c.Joined)))],
                Epoch.Unpack(s.Reset))
            {
                HeldAs = [.. s.HeldAs],
                Dropped = [.. s.Dropped.Select(d => new FormerHolder(names[d.Member], d.Start))],
                DroppedBy = Epoch.Unpack(s.DroppedBy),
            })],
            [.. message.ParentInSync],
            (int)message.ReplicationFactor,
            message.Removed.ToImmutableSortedSet(StringComparer.Ordinal))
        {
            Abandoned = [.. message.Abandoned.Select(a => a.Names.ToImmutableArray())],
            Undecided = [.. message.Undecided.Select(u => u.Names.ToImmutableArray())],
        };
    }

    public static Protocol.Incarnation ToMessage(this Incarnation incarnation) =>
        new() { Store = incarnation.Store, Start = incarnation.Start };

    public static Incarnation ToIncarnation(this Protocol.Incarnation? message) =>
        message is null ? Incarnation.None : new Incarnation(message.Store, message.Start);

    private static Slot ToMessage(SlotPlacement slot, Dictionary<string, uint> index)
    {
        var placed = new Slot { Reset = slot.Reset.Packed, HeldAs = { slot.HeldAs }, DroppedBy = slot.DroppedBy.Packed };
        foreach (var node in slot.Chain)
        {
            placed.Chain.Add(index[node]);
        }

        foreach (var filling in slot.Filling)
        {
            placed.CatchingUp.Add(new Protocol.CatchingUp { Member = index[filling.Node], Joined = filling.Joined.Packed });
        }

        foreach (var former in slot.Dropped)
        {
            placed.Dropped.Add(new Protocol.FormerHolder { Member = index[former.Node], Start = former.Start });
        }

        return placed;
    }

    private static Member ToMember(Protocol.Member message) => new(
        message.Name,
        message.Address,
        message.Incarnation.ToIncarnation(),
        message.State switch
        {
            Protocol.MemberState.Down => MemberState.Down,
            Protocol.MemberState.Joining => MemberState.Joining,
            Protocol.MemberState.Leaving => MemberState.Leaving,
            _ => MemberState.Active,
        },
        message.DownSince,
        Epoch.Unpack(message.StoreSince));

    private static Protocol.MemberState ToMessage(MemberState state) => state switch
    {
        MemberState.Down => Protocol.MemberState.Down,
        MemberState.Joining => Protocol.MemberState.Joining,
        MemberState.Leaving => Protocol.MemberState.Leaving,
        _ => Protocol.MemberState.Active,
    };
}
