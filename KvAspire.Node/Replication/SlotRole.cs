namespace KvAspire.Node.Replication;

/// <summary>What a view makes of this node for one slot.</summary>
internal enum SlotDuty : byte
{
    /// <summary>Nothing: the node may not hold the slot.</summary>
    None,

    /// <summary>On the in-sync chain.</summary>
    InSync,

    /// <summary>Takes all new writes and is being filled; never answers a read or decides a condition.</summary>
    CatchingUp,
}

/// <summary>This node's part in one slot under one view.</summary>
/// <param name="Duty">In sync, catching up, or nothing.</param>
/// <param name="IsPrimary">First of the chain: answers reads.</param>
/// <param name="IsFarEnd">Last of the chain: decides conditions.</param>
/// <param name="Joined">When catching up: the epoch of the view that put the node on the list.</param>
internal readonly record struct SlotRole(SlotDuty Duty, bool IsPrimary, bool IsFarEnd, ulong Joined);
