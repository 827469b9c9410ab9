using Grpc.Core;

namespace KvAspire.Node.Hosting;

/// <summary>Reaches the other nodes of the cluster.</summary>
internal interface INodeConnections
{
    /// <summary>Calls to the node at this address. Does not fail: a node that is away shows when it is called.</summary>
    CallInvoker To(string address);
}
