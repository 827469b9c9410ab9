using System.Net;
using KvAspire.Node.Replication;
using KvAspire.Node.Storage;
using KvAspire.ServiceDefaults;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;

namespace KvAspire.Node.Hosting;

/// <summary>Puts the node's parts together.</summary>
internal static class NodeSetup
{
    private const string DefaultUrl = "http://localhost:5000";

    /// <summary>Opens the storage and adds the node's services and its second endpoint.</summary>
    /// <exception cref="OptionsValidationException">The configuration is wrong; the message says what to change.</exception>
    public static void AddNode(this WebApplicationBuilder builder)
    {
        var options = builder.Configuration.GetSection(NodeOptions.Section).Read<NodeOptions>();
        var secret = builder.Configuration["Cluster:Secret"] ?? "";
        var addresses = ListenAddresses.Read(builder.Configuration);
        List<string> problems = [.. options.Problems(), .. addresses.Select(ProblemOf).OfType<string>()];
        if (ClusterSecret.ProblemOf(secret) is { } unfit)
        {
            problems.Add(unfit);
        }

        if (problems.Count > 0)
        {
            throw new OptionsValidationException(NodeOptions.Section, typeof(NodeOptions), problems);
        }

        Listen(builder, addresses.Count > 0 ? addresses : [BindingAddress.Parse(DefaultUrl)], options.GrpcPort);
        var services = builder.Services;
        services.AddSingleton(TimeProvider.System);
        services.AddStorageOptions();
        services.AddSingleton(provider => NodeStorage.Open(provider.GetRequiredService<IOptions<StorageOptions>>().Value, options.Name));
        services.AddSingleton(provider =>
        {
            var storage = provider.GetRequiredService<NodeStorage>();
            return new ReplicaCore(
                new NodeIdentity(options.Name, storage.StoreId, storage.Start, storage.WholeSince),
                storage.Engine,
                provider.GetRequiredService<IOptions<StorageOptions>>().Value.Fsync,
                provider.GetRequiredService<TimeProvider>());
        });
        services.AddSingleton<NodeTelemetry>();
        services.AddSingleton<INodeConnections, NodeConnections>();
        services.AddSingleton<SlotCopier>();
        services.AddSingleton(new SharedSecret(secret));
        services.AddHostedService<Upkeep>();
        services.AddHealthChecks().AddCheck<NodeHealth>("storage");
        services.AddGrpc(grpc =>
        {
            grpc.MaxReceiveMessageSize = null;
            grpc.MaxSendMessageSize = null;
            grpc.Interceptors.Add<SharedSecret>();
        });
    }

    /// <summary>Maps the gRPC service and the page for people.</summary>
    public static void MapNode(this WebApplication app)
    {
        // A storage that cannot be opened stops the start here, not at the first request.
        var core = app.Services.GetRequiredService<ReplicaCore>();
        app.MapGrpcService<ReplicaService>();
        app.MapMethods("/", [HttpMethods.Get, HttpMethods.Head], () => TypedResults.Text(StatusPage.Render(core), "text/plain; charset=utf-8"));
    }

    /// <summary>Null if the node can listen there, on the gRPC port as well.</summary>
    private static string? ProblemOf(BindingAddress address) =>
        address.IsUnixPipe || address.IsNamedPipe ? $"A node cannot listen at {address}: give it an address with a port, such as {DefaultUrl}."
        : !address.Scheme.Equals(Uri.UriSchemeHttp, StringComparison.OrdinalIgnoreCase)
            ? $"A node cannot listen at {address}, since it has no TLS: give it an address such as {DefaultUrl}, with http_ports in place of https_ports."
        : null;

    /// <summary>
    /// HTTP/1.1 on the configured addresses, HTTP/2 on the gRPC port of the same hosts: one clear-text port cannot do both.
    /// </summary>
    private static void Listen(WebApplicationBuilder builder, IReadOnlyList<BindingAddress> addresses, int grpcPort)
    {
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;

            // Whoever fills slots asks for all keys that it had to drop, and those may be many. gRPC has limits of its own.
            kestrel.Limits.MaxRequestBodySize = null;

            // Whoever is cut off while it reads says nothing any more, and TCP alone would not notice: a copy would hold its snapshot for ever.
            kestrel.Limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(10);
            kestrel.Limits.Http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(10);
            foreach (var address in addresses)
            {
                Listen(kestrel, address.Host, address.Port, HttpProtocols.Http1);
            }

            foreach (var host in addresses.Select(a => a.Host).Distinct(StringComparer.OrdinalIgnoreCase))
            {
                Listen(kestrel, host, grpcPort, HttpProtocols.Http2);
            }
        });

        // The endpoints above stand for them; with both, Kestrel would warn that one is overridden.
        builder.Configuration[WebHostDefaults.ServerUrlsKey] = "";
        builder.Configuration[WebHostDefaults.HttpPortsKey] = "";
        builder.Configuration[WebHostDefaults.HttpsPortsKey] = "";
    }

    private static void Listen(KestrelServerOptions kestrel, string host, int port, HttpProtocols protocols)
    {
        void Configure(ListenOptions listen) => listen.Protocols = protocols;
        if (host.Equals("localhost", StringComparison.OrdinalIgnoreCase))
        {
            kestrel.ListenLocalhost(port, Configure);
        }
        else if (IPAddress.TryParse(host.Trim('[', ']'), out var address))
        {
            kestrel.Listen(address, port, Configure);
        }
        else
        {
            kestrel.ListenAnyIP(port, Configure);
        }
    }
}
