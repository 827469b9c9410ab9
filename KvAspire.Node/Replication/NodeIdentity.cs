using KvAspire.Protocol;

namespace KvAspire.Node.Replication;

/// <summary>Which node this is, and which life of it.</summary>
/// <param name="Name">As in the cluster's configuration.</param>
/// <param name="Store">Id of the data directory.</param>
/// <param name="Start">Grows with each start on that directory.</param>
/// <param name="WholeSince">
/// The first start since which no power cut can have taken anything that was acknowledged; 0 if that never happened. What the node held in
/// an earlier life it may not hold any more.
/// </param>
internal sealed record NodeIdentity(string Name, string Store, ulong Start, ulong WholeSince = 0)
{
    public Incarnation Incarnation { get; } = new() { Store = Store, Start = Start };
}
