using KvAspire.Balancer.Api.Docs;
using KvAspire.ServiceDefaults;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;

namespace KvAspire.Balancer.Api;

/// <summary>Adds the HTTP API to the balancer.</summary>
internal static class ApiServiceExtensions
{
    /// <summary>Options and server limits. The store and the cluster's state are registered elsewhere.</summary>
    public static WebApplicationBuilder AddKvApi(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<ApiOptions>()
            .Configure<IConfiguration>(static (options, configuration) => configuration.GetSection(ApiOptions.Section).ReadInto(options))
            .Validate(
                options => options.IsValid,
                $"Store:MaxValueBytes must be a number of bytes from 1 to {ApiOptions.HighestMaxValueBytes}; set it so, or leave it out for 1 MiB.")
            .ValidateOnStart();

        builder.Services.AddApiDocument();
        builder.Services.AddOptions<KestrelServerOptions>().Configure<IOptions<ApiOptions>>(ConfigureServer);
        return builder;
    }

    /// <summary>Adds the middleware of the API, and its calls.</summary>
    /// <remarks>Routing is added here too: errors are answered around it, and paths with keys are led right before it.</remarks>
    public static WebApplication MapKvApi(this WebApplication app)
    {
        app.UseMiddleware<ErrorMiddleware>();
        app.UseMiddleware<CrossSiteMiddleware>();
        app.UseMiddleware<KeyPathMiddleware>();
        app.UseRouting();

        app.MapLandingPage();
        app.MapValueApi();
        app.MapClusterApi();
        app.MapNodesApi();
        app.MapOpenApi();
        return app;
    }

    private static void ConfigureServer(KestrelServerOptions server, IOptions<ApiOptions> options)
    {
        server.AddServerHeader = false;

        // The API counts the bytes of values itself. The server counts the framing of chunks too, six bytes for one
        // at worst, and must not refuse what the API takes; beyond that it need not even read what is left unread.
        server.Limits.MaxRequestBodySize = 8L * options.Value.MaxValueBytes + 64 * 1024;
    }
}
