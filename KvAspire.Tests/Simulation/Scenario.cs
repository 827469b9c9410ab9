namespace KvAspire.Tests.Simulation;

/// <summary>What a run is about.</summary>
internal enum Scenario
{
    /// <summary>Whatever can go wrong, also at once: some keys cannot be served for a while, but no promise is broken.</summary>
    Anything,

    /// <summary>One node at a time fails, out of a cluster that is whole: then every operation is answered.</summary>
    OneNodeAtATime,

    /// <summary>Balancers are cut off, suspended and killed, so that one takes over while the other still believes to serve.</summary>
    TwoCoordinators,

    /// <summary>A node comes back with an empty disk, and before that is made up for others are killed and come back with theirs.</summary>
    LostDisks,

    /// <summary>Nodes are added, removed, forgotten and added again, and fail while that is under way.</summary>
    Membership,

    /// <summary>
    /// Several nodes lose power at once, and had acknowledged what they have not synced. What was acknowledged just before may be lost with
    /// all copies of a key; nothing else, and no two replicas may differ.
    /// </summary>
    Blackouts,
}
