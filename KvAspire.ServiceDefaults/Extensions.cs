using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace KvAspire.ServiceDefaults;

/// <summary>What the balancer and the nodes have in common: telemetry, health, service discovery.</summary>
public static class Extensions
{
    private const string HealthPath = "/health";
    private const string AlivePath = "/alive";
    private const string ReadyPath = "/ready";
    private const string LiveTag = "live";
    private static readonly PathString[] HealthPaths = [HealthPath, ReadyPath, AlivePath];

    /// <summary>The activity sources and meters of this project's services: <c>KvAspire.Node</c>, <c>KvAspire.Balancer</c>, …</summary>
    private const string OwnSources = "KvAspire.*";

    /// <summary>Adds the common services to an application.</summary>
    public static TBuilder AddServiceDefaults<TBuilder>(this TBuilder builder)
        where TBuilder : IHostApplicationBuilder
    {
        builder.AddTelemetry();
        builder.Services.AddHealthChecks().AddCheck("self", () => HealthCheckResult.Healthy(), [LiveTag]);
        builder.Services.AddServiceDiscovery();
        builder.Services.ConfigureHttpClientDefaults(http =>
        {
            http.AddStandardResilienceHandler();
            http.AddServiceDiscovery();
        });
        return builder;
    }

    /// <summary>
    /// Maps <c>/health</c> (no health check fails), <c>/ready</c> (every health check passes: for whoever spreads requests) and <c>/alive</c> (the process
    /// answers). All in every environment, since whoever runs the service has to be able to ask.
    /// </summary>
    public static WebApplication MapDefaultEndpoints(this WebApplication app)
    {
        app.MapHealthChecks(HealthPath);
        app.MapHealthChecks(ReadyPath, new HealthCheckOptions
        {
            ResultStatusCodes =
            {
                [HealthStatus.Healthy] = StatusCodes.Status200OK,
                [HealthStatus.Degraded] = StatusCodes.Status503ServiceUnavailable,
                [HealthStatus.Unhealthy] = StatusCodes.Status503ServiceUnavailable,
            },
        });
        app.MapHealthChecks(AlivePath, new HealthCheckOptions { Predicate = check => check.Tags.Contains(LiveTag) });
        return app;
    }

    /// <summary>
    /// Traces, metrics and logs, sent over OTLP if OTEL_EXPORTER_OTLP_ENDPOINT says where to. Which requests are traced is for
    /// OTEL_TRACES_SAMPLER to say.
    /// </summary>
    private static void AddTelemetry(this IHostApplicationBuilder builder)
    {
        builder.Logging.AddOpenTelemetry(logging =>
        {
            logging.IncludeFormattedMessage = true;
            logging.IncludeScopes = true;
        });
        var telemetry = builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => AddName(resource, builder))
            .WithMetrics(metrics => metrics
                .AddAspNetCoreInstrumentation()
                .AddHttpClientInstrumentation()
                .AddRuntimeInstrumentation()
                .AddMeter(OwnSources))
            .WithTracing(tracing => tracing
                .AddSource(builder.Environment.ApplicationName, OwnSources)
                .AddAspNetCoreInstrumentation(o => o.Filter = IsWorthATrace)
                .AddHttpClientInstrumentation());
        if (!string.IsNullOrWhiteSpace(builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]))
        {
            telemetry.UseOtlpExporter();
        }
    }

    /// <summary>
    /// Who it is that sends them. An AppHost says so in OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES; without one a node goes by its own name, and
    /// everything else by the application's.
    /// </summary>
    private static void AddName(ResourceBuilder resource, IHostApplicationBuilder builder)
    {
        if (string.IsNullOrWhiteSpace(builder.Configuration["OTEL_SERVICE_NAME"])
            && builder.Configuration["OTEL_RESOURCE_ATTRIBUTES"]?.Contains("service.name=", StringComparison.Ordinal) != true)
        {
            resource.AddService(builder.Configuration["Node:Name"] ?? builder.Environment.ApplicationName);
        }
    }

    /// <summary>
    /// Health requests come all the time and say nothing; calls between balancer and nodes carry many operations, which have spans
    /// of their own.
    /// </summary>
    private static bool IsWorthATrace(HttpContext context) =>
        context.Request.ContentType?.StartsWith("application/grpc", StringComparison.Ordinal) != true
        && !HealthPaths.Any(path => context.Request.Path.StartsWithSegments(path));
}
