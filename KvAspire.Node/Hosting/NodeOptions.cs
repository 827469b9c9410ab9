using KvAspire.ServiceDefaults;

namespace KvAspire.Node.Hosting;

/// <summary>Who this node is; section <c>Node</c> of the configuration.</summary>
internal sealed class NodeOptions
{
    public const string Section = "Node";

    /// <summary>Unique in the cluster; <see cref="NodeName"/> says what it may be. Required.</summary>
    public string Name { get; set; } = "";

    /// <summary>Port for the balancer and the other nodes (HTTP/2 without TLS). Required.</summary>
    public int GrpcPort { get; set; }

    /// <summary>One sentence for each thing to change; empty if all is well.</summary>
    public IEnumerable<string> Problems()
    {
        if (!NodeName.IsValid(Name))
        {
            yield return $"Set Node:Name to a name of {NodeName.Rule}, unique in the cluster.";
        }

        if (GrpcPort is < 1 or > 65535)
        {
            yield return "Set Node:GrpcPort to a free port between 1 and 65535: the balancer talks to the node there.";
        }
    }
}
