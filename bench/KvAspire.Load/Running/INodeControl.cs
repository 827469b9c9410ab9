namespace KvAspire.Load.Running;

/// <summary>Kills and starts the nodes of the store that the driver has started.</summary>
internal interface INodeControl
{
    IReadOnlyList<string> Nodes { get; }

    /// <summary>Ends the node's process as a crash would (SIGKILL), and returns when it is gone.</summary>
    Task KillAsync(string node);

    /// <summary>Starts the node again, on its data.</summary>
    void Start(string node);
}
