namespace KvAspire.Tests.Simulation.Moves;

internal enum MoveKind
{
    /// <summary>A blank node joins.</summary>
    Join,

    /// <summary>A node is removed for good.</summary>
    Removal,
}

/// <summary>How far the move of a slot is, as views and disks show it.</summary>
internal enum MoveStage
{
    /// <summary>The view that has the target filled is installed somewhere, and not committed.</summary>
    FillingProposed,

    /// <summary>It is committed, and the target lacks something.</summary>
    Filling,

    /// <summary>The copy is complete; no node has a view yet that puts the target on the chain.</summary>
    Copied,

    /// <summary>That view is installed somewhere, and not committed.</summary>
    HandOverProposed,

    /// <summary>It is committed, and the old owner still has the slot's entries.</summary>
    HandedOver,
}

/// <summary>Who takes part in a move.</summary>
internal enum MoveParty
{
    /// <summary>The far end of the chain, from which the target copies.</summary>
    Source,

    /// <summary>The node that gets the slot.</summary>
    Target,

    /// <summary>The node that gives the slot away; often the source as well.</summary>
    OldOwner,

    /// <summary>The balancer that serves.</summary>
    Coordinator,
}
