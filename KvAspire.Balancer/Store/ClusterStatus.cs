namespace KvAspire.Balancer.Store;

/// <summary>What the balancer can tell people about the cluster.</summary>
internal interface IClusterInfo
{
    /// <summary>The state of this moment; cheap.</summary>
    ClusterStatus GetStatus();

    /// <summary>Where the key lives and its version; null while no view is known.</summary>
    /// <exception cref="StoreUnavailableException">The version cannot be read now.</exception>
    ValueTask<KeyPlacement> LocateAsync(ReadOnlyMemory<byte> key, CancellationToken cancellationToken);
}

/// <summary>The body of <c>GET /cluster</c>.</summary>
/// <param name="State"><c>serving</c>, <c>starting</c> or <c>standby</c>.</param>
/// <param name="Detail">One sentence for a person.</param>
/// <param name="WaitingFor">Nodes that the start or some keys wait for.</param>
/// <param name="Cluster">Id of the cluster; null before its first view.</param>
/// <param name="Epoch"><c>term.revision</c>; null if no view is known.</param>
/// <param name="Coordinator">Id of the balancer process that made the view.</param>
/// <param name="ReplicationFactor">Copies wanted of every key.</param>
/// <param name="Slots">How the slots fare.</param>
/// <param name="Nodes">Members, in name order.</param>
/// <param name="Moves">Nodes that are being filled; empty if nothing is being moved.</param>
internal sealed record ClusterStatus(
    string State,
    string Detail,
    IReadOnlyList<string> WaitingFor,
    string? Cluster,
    string? Epoch,
    string? Coordinator,
    int ReplicationFactor,
    SlotSummary Slots,
    IReadOnlyList<NodeStatus> Nodes,
    IReadOnlyList<MoveStatus> Moves);

/// <param name="Total">Always 1,024.</param>
/// <param name="FullyReplicated">Slots with all copies wanted.</param>
/// <param name="MissingCopies">Copies wanted and not there, over all slots.</param>
/// <param name="Unavailable">Slots with no copy that can be read.</param>
internal sealed record SlotSummary(int Total, int FullyReplicated, int MissingCopies, int Unavailable);

/// <param name="Name">As configured.</param>
/// <param name="Address">Where it listens for the balancer.</param>
/// <param name="State"><c>active</c>, <c>down</c>, <c>joining</c>, <c>leaving</c>, <c>awaited</c> (added, and has not answered yet), <c>removed</c> or <c>unknown</c>.</param>
/// <param name="PrimarySlots">Slots it is the primary of.</param>
/// <param name="InSyncSlots">Slots it holds an in-sync copy of.</param>
/// <param name="CatchingUpSlots">Slots it is being filled with.</param>
/// <param name="Keys">About how many keys it holds; null if not known.</param>
/// <param name="Bytes">About how many bytes; null if not known.</param>
/// <param name="Engine">Storage engine; null if not known.</param>
/// <param name="DownSince">When it was found to be down.</param>
/// <param name="Fault">Why it serves no data; null if it does.</param>
internal sealed record NodeStatus(
    string Name,
    string? Address,
    string State,
    int PrimarySlots,
    int InSyncSlots,
    int CatchingUpSlots,
    long? Keys,
    long? Bytes,
    string? Engine,
    DateTimeOffset? DownSince,
    string? Fault);

/// <summary>The filling of one node with the slots that it is to hold.</summary>
/// <param name="Node">The node that is being filled.</param>
/// <param name="SlotsDone">Slots copied.</param>
/// <param name="SlotsTotal">Slots to copy in all.</param>
/// <param name="Entries">Entries copied so far.</param>
/// <param name="Bytes">Bytes copied so far.</param>
/// <param name="BytesLeft">About how many bytes are still to be copied; null until a slot is done.</param>
/// <param name="BytesPerSecond">The mean rate so far.</param>
/// <param name="SecondsLeft">About how long it will take; null until a slot is done.</param>
/// <param name="Started">When it began.</param>
internal sealed record MoveStatus(
    string Node,
    int SlotsDone,
    int SlotsTotal,
    long Entries,
    long Bytes,
    long? BytesLeft,
    long BytesPerSecond,
    double? SecondsLeft,
    DateTimeOffset Started);

/// <summary>The body of <c>GET /cluster/keys/{key}</c>.</summary>
/// <param name="Key">As asked.</param>
/// <param name="Slot">0 to 1,023.</param>
/// <param name="Chain">The in-sync copies, primary first.</param>
/// <param name="CatchingUp">Copies being filled.</param>
/// <param name="Version">Null if the key has no value.</param>
internal sealed record KeyPlacement(string Key, int Slot, IReadOnlyList<string> Chain, IReadOnlyList<string> CatchingUp, string? Version);
