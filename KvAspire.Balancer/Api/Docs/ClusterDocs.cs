using KvAspire.Balancer.Store;

namespace KvAspire.Balancer.Api.Docs;

/// <summary>The calls on the cluster, in words.</summary>
internal static class ClusterDocs
{
    public const string Cluster = "Cluster";

    public static CallDocs Status { get; } = new("getCluster", Cluster, "How the cluster fares")
    {
        Remarks = "Epoch, nodes with their state, slots, copies missing, and moves under way. Answers even when the store does not.",
        Answers = [new(200, "The state of this moment.") { Type = typeof(ClusterStatus), ContentType = ContentTypes.Json }],
        Problems = [500],
    };

    public static CallDocs Key { get; } = new("getKeyPlacement", Cluster, "Where a key lives")
    {
        Remarks = "Its slot, the chain of copies in sync, primary first, and its version. A key without a value has a place too.",
        TakesKey = true,
        Answers = [new(200, "Its place.") { Type = typeof(KeyPlacement), ContentType = ContentTypes.Json }],
        Problems = [400, 429, 500, 503],
    };
}
