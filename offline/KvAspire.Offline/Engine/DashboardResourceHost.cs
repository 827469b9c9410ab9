using Aspire.Hosting.ApplicationModel;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace KvAspire.Offline;

/// <summary>Listens, on loopback only, for the dashboard's questions about the resources.</summary>
internal sealed class DashboardResourceHost(
    EngineOptions options, ResourceNotificationService notifications, ResourceCommandService commands, ResourceOutput output)
    : IAsyncDisposable
{
    private WebApplication? _app;

    /// <summary>Listens on a port of loopback.</summary>
    public async Task StartAsync(int port)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(k => k.ListenLocalhost(port, l => l.Protocols = HttpProtocols.Http2));
        builder.Logging.ClearProviders();
        builder.Services.AddRoutingCore();
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton(notifications);
        builder.Services.AddSingleton(commands);
        builder.Services.AddSingleton(output);
        _app = builder.Build();
        _app.MapGrpcService<DashboardResources>();
        await _app.StartAsync().ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        if (_app is { } app)
        {
            // The dashboard's watches never end by themselves.
            using var now = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
            await app.StopAsync(now.Token).ConfigureAwait(false);
        }
    }
}
