using System.Net;
using System.Security.Cryptography;
using System.Text;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace KvAspire.Node.Hosting;

/// <summary>
/// Lets in callers that know the cluster's secret; without a configured secret, callers on this machine only.
/// </summary>
internal sealed class SharedSecret(string secret) : Interceptor
{
    /// <summary>The header that carries the secret.</summary>
    public const string HeaderName = "kvaspire-secret";

    private readonly byte[] _hash = SHA256.HashData(Encoding.UTF8.GetBytes(secret));

    /// <summary>What to send along to another node of the cluster.</summary>
    public Metadata Headers() => secret.Length == 0 ? [] : new Metadata { { HeaderName, secret } };

    public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        Check(context);
        return continuation(request, context);
    }

    public override Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        Check(context);
        return continuation(request, responseStream, context);
    }

    public override Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation)
    {
        Check(context);
        return continuation(requestStream, responseStream, context);
    }

    private void Check(ServerCallContext context)
    {
        if (secret.Length == 0)
        {
            if (context.GetHttpContext().Connection.RemoteIpAddress is { } address && !IPAddress.IsLoopback(address))
            {
                throw new RpcException(new Status(
                    StatusCode.PermissionDenied,
                    "This node has no Cluster:Secret and accepts callers on its own machine only."));
            }

            return;
        }

        var given = SHA256.HashData(Encoding.UTF8.GetBytes(context.RequestHeaders.GetValue(HeaderName) ?? ""));
        if (!CryptographicOperations.FixedTimeEquals(given, _hash))
        {
            throw new RpcException(new Status(
                StatusCode.PermissionDenied,
                "The caller does not know this node's Cluster:Secret; it must be the same on balancers and nodes."));
        }
    }
}
