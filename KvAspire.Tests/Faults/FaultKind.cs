namespace KvAspire.Tests.Faults;

/// <summary>What is done to the store's real processes, and to the connections between them.</summary>
internal enum FaultKind
{
    /// <summary>SIGKILL to the primary of a key in use.</summary>
    KillPrimary,

    /// <summary>SIGKILL to the far end of the chain of a key in use.</summary>
    KillFarEnd,

    /// <summary>SIGSTOP to a node, SIGCONT later.</summary>
    PauseNode,

    /// <summary>SIGTERM to a node.</summary>
    StopNode,

    /// <summary>SIGKILL to the coordinator.</summary>
    KillCoordinator,

    /// <summary>SIGKILL to the balancer that stands by.</summary>
    KillStandby,

    /// <summary>SIGSTOP to the coordinator for longer than its lease.</summary>
    PauseCoordinator,

    /// <summary>SIGTERM to the coordinator, which gives its lease back.</summary>
    StopCoordinator,

    /// <summary>SIGKILL to all nodes and balancers at once.</summary>
    KillEverything,

    /// <summary>A node is killed, and its data directory emptied before it is started again.</summary>
    EmptyDirectory,

    /// <summary>Every write of a node to a file fails (its limit on the size of files is zero), until it is started again.</summary>
    FillDisk,

    /// <summary>A node is started with an empty directory and added.</summary>
    AddNode,

    /// <summary>A node is removed for good.</summary>
    RemoveNode,

    /// <summary>A node is killed and given up on, with what it holds.</summary>
    ForgetNode,

    /// <summary>The connections from the coordinator to a node are reset, and new ones too.</summary>
    CutLink,

    /// <summary>What the coordinator and a node send to each other does not arrive; the connections stay.</summary>
    StallLink,

    /// <summary>What the coordinator and a node send to each other arrives late.</summary>
    SlowLink,
}
