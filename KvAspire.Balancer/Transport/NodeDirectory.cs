using System.Collections.Concurrent;
using KvAspire.Balancer.Cluster;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.ServiceDiscovery;

namespace KvAspire.Balancer.Transport;

/// <summary>Finds nodes by service discovery: <c>http://_grpc.node1</c> is the endpoint <c>grpc</c> of <c>node1</c>.</summary>
internal sealed class NodeDirectory(ServiceEndpointResolver resolver, IOptions<ClusterOptions> options, TimeProvider time)
    : INodeDirectory, IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, NodeClient> _clients = new(StringComparer.Ordinal);

    public INodeClient Get(string name, string? address = null)
    {
        var client = _clients.GetOrAdd(name, n => new NodeClient(n, ResolveAsync, options.Value, time));
        if (address is not null)
        {
            client.Learn(address);
        }

        return client;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients.Values)
        {
            await client.DisposeAsync();
        }
    }

    private async ValueTask<string?> ResolveAsync(string name, CancellationToken cancellationToken)
    {
        var source = await resolver.GetEndpointsAsync($"http://_grpc.{name}", cancellationToken);
        foreach (var endpoint in source.Endpoints)
        {
            var address = endpoint.EndPoint switch
            {
                UriEndPoint uri => uri.Uri.GetLeftPart(UriPartial.Authority),
                // What service discovery does not know it passes through as it was asked, with a port of its own making.
                System.Net.DnsEndPoint dns when dns.Host.StartsWith('_') || dns.Host == name => null,
                System.Net.DnsEndPoint dns => $"http://{dns.Host}:{dns.Port}",
                System.Net.IPEndPoint ip => $"http://{ip}",
                _ => null,
            };
            if (address is not null)
            {
                return address;
            }
        }

        return null;
    }
}
