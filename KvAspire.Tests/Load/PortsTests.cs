using System.Net;
using System.Net.Sockets;
using KvAspire.Load;
using KvAspire.Load.Processes;

namespace KvAspire.Tests.Load;

public sealed class PortsTests
{
    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("0.0.0.0")]
    public void MustBeFree_SomethingListens_NamesThePortAndTheOption(string address)
    {
        using var listener = new TcpListener(IPAddress.Parse(address), 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;

        var exception = Assert.Throws<LoadException>(() => Ports.MustBeFree(port, "node1", "--port"));

        Assert.Contains($"Port {port}, which node1 needs, is in use", exception.Message, StringComparison.Ordinal);
        Assert.NotEqual(port, Ports.FirstFree(port, new HashSet<int>(), "the balancer", "--balancer-port"));
    }
}
