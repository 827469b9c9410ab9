namespace KvAspire.Balancer.Transport;

/// <summary>Finds nodes by name.</summary>
internal interface INodeDirectory
{
    /// <summary>The client of a node; always the same one for a name.</summary>
    /// <param name="name">As configured, or as a view names it.</param>
    /// <param name="address">Where a view or an operator says that it is, the last one counts; used if service discovery does not know the name.</param>
    INodeClient Get(string name, string? address = null);
}
