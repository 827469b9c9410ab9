using KvAspire.Protocol;

namespace KvAspire.Node.Replication;

/// <summary>
/// A view as this node reads it: its own role in each slot. Immutable; readers take it by one volatile reference.
/// </summary>
internal sealed class InstalledView
{
    private readonly SlotRole[] _roles;

    private readonly ulong _storeSince;

    private InstalledView(View? view, SlotRole[] roles, bool isMember, ulong storeSince = 0)
    {
        _storeSince = storeSince;
        View = view;
        _roles = roles;
        IsMember = isMember;
        Epoch = view?.Epoch ?? 0;
    }

    /// <summary>Null as long as the store has never been part of a cluster.</summary>
    public View? View { get; }

    public ulong Epoch { get; }

    /// <summary>The view counts on this very incarnation of the node.</summary>
    public bool IsMember { get; }

    /// <summary>How many slots there are; none before the first view.</summary>
    public int SlotCount => _roles.Length;

    /// <summary>All replicas of the slot's chain are counted on: what this node may hold of it is not needed.</summary>
    public bool IsServed(int slot) => View is { } view && IsServed(view, slot);

    private static bool IsServed(View view, int slot)
    {
        if (view.Slots[slot].Chain is not { Count: > 0 } chain)
        {
            return false;
        }

        for (var i = 0; i < chain.Count; i++)
        {
            if (view.Members[(int)chain[i]] is not { State: not MemberState.Down, DownSince: 0 })
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Sync points of the slot below this epoch do not count.</summary>
    public ulong ResetOf(int slot) => Math.Max(_storeSince, View?.Slots[slot].Reset ?? 0);

    public static InstalledView None { get; } = new(null, [], false);

    public SlotRole RoleIn(uint slot) => slot < (uint)_roles.Length ? _roles[slot] : default;

    /// <summary>Reads the roles of the node with this name and incarnation; another incarnation has none. Null for any.</summary>
    public static InstalledView Read(View view, string name, Incarnation? incarnation)
    {
        var self = -1;
        for (var i = 0; i < view.Members.Count; i++)
        {
            if (view.Members[i].Name == name)
            {
                self = i;
            }
        }

        var isMember = self >= 0
            && view.Members[self].State != MemberState.Down
            && view.Members[self].DownSince == 0
            && (incarnation is null || incarnation.Equals(view.Members[self].Incarnation));
        var roles = new SlotRole[view.Slots.Count];
        if (isMember)
        {
            for (var slot = 0; slot < roles.Length; slot++)
            {
                // A last holder that waits for the others keeps what it has, and is in sync for nothing.
                roles[slot] = IsServed(view, slot) ? RoleOf((uint)self, view.Slots[slot]) : default;
            }
        }

        return new InstalledView(view, roles, isMember, isMember ? view.Members[self].StoreSince : 0);
    }

    private static SlotRole RoleOf(uint self, Slot slot)
    {
        var position = slot.Chain.IndexOf(self);
        if (position >= 0)
        {
            return new SlotRole(SlotDuty.InSync, position == 0, position == slot.Chain.Count - 1, 0);
        }

        foreach (var catchingUp in slot.CatchingUp)
        {
            if (catchingUp.Member == self)
            {
                return new SlotRole(SlotDuty.CatchingUp, false, false, catchingUp.Joined);
            }
        }

        return default;
    }
}
