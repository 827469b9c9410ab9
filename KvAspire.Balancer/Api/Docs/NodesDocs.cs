namespace KvAspire.Balancer.Api.Docs;

/// <summary>The calls that change the membership, in words.</summary>
internal static class NodesDocs
{
    private static readonly AnswerDocs Accepted = new(202, "Under way; GET /cluster shows how far.") { Type = typeof(NodeReceipt), ContentType = ContentTypes.Json };

    public static CallDocs Add { get; } = new("addNode", ClusterDocs.Cluster, "Add a node")
    {
        Remarks = "The node, with an empty data directory, joins as soon as it answers, and is filled with the slots that are its own. One that does not answer yet is awaited as long as this balancer coordinates; add it again after that. Keeps a node that was being removed. With an address, also tells where a member is that is down and has moved.",
        Body = ContentTypes.Json,
        BodyText = "The node: {\"name\": \"node4\"}, and \"address\": its gRPC endpoint, \"http://host:port\", if service discovery does not know the name.",
        Answers = [Accepted],
        Problems = [400, 403, 409, 413, 422, 500, 503],
    };

    public static CallDocs Remove { get; } = new("removeNode", ClusterDocs.Cluster, "Remove a node for good")
    {
        Remarks = "Its slots move away first. One that was added and has not answered yet is awaited no more. Refused if too few nodes would be left for all copies.",
        TakesNode = true,
        Answers = [Accepted],
        Problems = [400, 403, 404, 409, 500, 503],
    };

    public static CallDocs Forget { get; } = new("forgetNode", ClusterDocs.Cluster, "Give up on a node that is gone for good")
    {
        Remarks = "Whatever only that node held is lost. Works while the cluster cannot start, too. Do not start the node again with its old directory.",
        TakesNode = true,
        Answers = [Accepted],
        Problems = [400, 403, 404, 409, 500, 503],
    };
}
