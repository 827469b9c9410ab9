using KvAspire.Protocol;

namespace KvAspire.Node.Replication;

/// <summary>Which node this is, and which life of it.</summary>
/// <param name="Name">As in the cluster's configuration.</param>
/// <param name="Store">Id of the data directory.</param>
/// <param name="Start">Grows with each start on that directory.</param>
internal sealed record NodeIdentity(string Name, string Store, ulong Start)
{
    public Incarnation Incarnation { get; } = new() { Store = Store, Start = Start };
}
