namespace KvAspire.Node.Hosting;

/// <summary>Who this node is; section <c>Node</c> of the configuration.</summary>
internal sealed class NodeOptions
{
    public const string Section = "Node";

    /// <summary>Unique in the cluster: letters, digits, <c>-</c>, <c>_</c>, <c>.</c>; at most 64. Required.</summary>
    public string Name { get; set; } = "";

    /// <summary>Port for the balancer and the other nodes (HTTP/2 without TLS). Required.</summary>
    public int GrpcPort { get; set; }

    /// <summary>One sentence for each thing to change; empty if all is well.</summary>
    public IEnumerable<string> Problems()
    {
        if (Name.Length is 0 or > 64 || !Name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'))
        {
            yield return "Set Node:Name to a name of 1 to 64 letters, digits, '-', '_' or '.', unique in the cluster.";
        }

        if (GrpcPort is < 1 or > 65535)
        {
            yield return "Set Node:GrpcPort to a free port between 1 and 65535: the balancer talks to the node there.";
        }
    }
}
