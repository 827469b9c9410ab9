using System.Collections.Concurrent;
using Grpc.Core;
using Grpc.Net.Client;

namespace KvAspire.Node.Hosting;

/// <summary>One gRPC channel for each node, opened when it is first asked for.</summary>
internal sealed class NodeConnections : INodeConnections, IDisposable
{
    private readonly ConcurrentDictionary<string, GrpcChannel> _channels = new();

    public CallInvoker To(string address) => ChannelTo(address).CreateCallInvoker();

    public void Dispose()
    {
        foreach (var channel in _channels.Values)
        {
            channel.Dispose();
        }
    }

    private GrpcChannel ChannelTo(string address) => _channels.GetOrAdd(address, static a => GrpcChannel.ForAddress(a, new GrpcChannelOptions
    {
        MaxReceiveMessageSize = null,
        // A client, not a handler: with a handler the channel would wait longer and longer before it connects again.
        HttpClient = new HttpClient(new SocketsHttpHandler
        {
            ConnectTimeout = TimeSpan.FromSeconds(1),
            KeepAlivePingDelay = TimeSpan.FromSeconds(2),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(2),
            ActivityHeadersPropagator = null,
            UseProxy = false,
        })
        {
            // It would hold until the first answer: a large slot, or a slow copy, takes longer. Whoever is cut off is found by the pings.
            Timeout = Timeout.InfiniteTimeSpan,
        },
    }));
}
