using KvAspire.Balancer.Cluster;
using KvAspire.Balancer.Coordination;
using KvAspire.Balancer.Replication;
using KvAspire.Balancer.Store;
using KvAspire.Balancer.Transport;
using KvAspire.ServiceDefaults;
using Microsoft.Extensions.Options;

namespace KvAspire.Balancer;

/// <summary>Puts the balancer's parts together.</summary>
internal static class BalancerSetup
{
    /// <summary>Adds the coordinator and the store.</summary>
    /// <exception cref="OptionsValidationException">The configuration is wrong; the message says what to change.</exception>
    public static void AddBalancer(this WebApplicationBuilder builder)
    {
        // The server reads it too, but fails at length.
        ListenAddresses.Read(builder.Configuration);
        var options = builder.Configuration.GetSection(ClusterOptions.Section).Read<ClusterOptions>();
        if (options.Problems().ToList() is { Count: > 0 } problems)
        {
            throw new OptionsValidationException(ClusterOptions.Section, typeof(ClusterOptions), problems);
        }

        var services = builder.Services;
        services.AddSingleton(Options.Create(options));
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton<BalancerTelemetry>();
        services.AddSingleton<INodeDirectory, NodeDirectory>();
        services.AddSingleton<Coordinator>();
        services.AddHostedService(provider => provider.GetRequiredService<Coordinator>());
        services.AddSingleton<IKeyValueStore, ReplicatedStore>();
        services.AddSingleton<IClusterInfo, ClusterInfo>();
        services.AddSingleton<IClusterAdmin>(provider => provider.GetRequiredService<Coordinator>());
        services.AddHealthChecks().AddCheck<CoordinatorHealth>("coordinator");
    }
}
