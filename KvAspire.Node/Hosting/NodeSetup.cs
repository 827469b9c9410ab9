using System.Net;
using KvAspire.Node.Replication;
using KvAspire.Node.Storage;
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
        var options = builder.Configuration.GetSection(NodeOptions.Section).Get<NodeOptions>() ?? new NodeOptions();
        if (options.Problems().ToList() is { Count: > 0 } problems)
        {
            throw new OptionsValidationException(NodeOptions.Section, typeof(NodeOptions), problems);
        }

        Listen(builder, options.GrpcPort);
        var services = builder.Services;
        services.AddSingleton(TimeProvider.System);
        services.AddStorageOptions();
        services.AddSingleton(provider => NodeStorage.Open(provider.GetRequiredService<IOptions<StorageOptions>>().Value, options.Name));
        services.AddSingleton(provider =>
        {
            var storage = provider.GetRequiredService<NodeStorage>();
            return new ReplicaCore(
                new NodeIdentity(options.Name, storage.StoreId, storage.Start),
                storage.Engine,
                provider.GetRequiredService<IOptions<StorageOptions>>().Value.Fsync,
                provider.GetRequiredService<TimeProvider>());
        });
        services.AddSingleton<NodeTelemetry>();
        services.AddSingleton<INodeConnections, NodeConnections>();
        services.AddSingleton<SlotCopier>();
        services.AddSingleton(new SharedSecret(builder.Configuration["Cluster:Secret"] ?? ""));
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
        app.MapGet("/", () => TypedResults.Text(StatusPage.Render(core), "text/plain; charset=utf-8"));
    }

    /// <summary>
    /// HTTP/1.1 on the configured URLs, HTTP/2 on the gRPC port of the same addresses: one clear-text port cannot do both.
    /// </summary>
    private static void Listen(WebApplicationBuilder builder, int grpcPort)
    {
        var urls = (builder.Configuration[WebHostDefaults.ServerUrlsKey] ?? DefaultUrl)
            .Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(BindingAddress.Parse)
            .ToList();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            foreach (var url in urls)
            {
                Listen(kestrel, url.Host, url.Port, HttpProtocols.Http1);
            }

            foreach (var host in urls.Select(u => u.Host).Distinct())
            {
                Listen(kestrel, host, grpcPort, HttpProtocols.Http2);
            }
        });

        // The endpoints above stand for it; with both, Kestrel would warn that one is overridden.
        builder.Configuration[WebHostDefaults.ServerUrlsKey] = "";
    }

    private static void Listen(KestrelServerOptions kestrel, string host, int port, HttpProtocols protocols)
    {
        void Configure(ListenOptions listen) => listen.Protocols = protocols;
        if (host == "localhost")
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
