using System.Globalization;

namespace KvAspire.AppHost;

/// <summary>Declares the cluster's resources.</summary>
internal static class ClusterResources
{
    private const string GrpcEndpoint = "grpc";

    /// <summary>The nodes that the cluster begins with: node1, node2, …</summary>
    public static IReadOnlyList<IResourceBuilder<ProjectResource>> AddNodes(this IDistributedApplicationBuilder builder, ClusterOptions options) =>
        [.. Enumerable.Range(1, options.Nodes).Select(i => builder.AddNode(i, options))];

    /// <summary>Nodes with the next numbers, which run only once somebody starts them.</summary>
    public static IReadOnlyList<IResourceBuilder<ProjectResource>> AddSpares(this IDistributedApplicationBuilder builder, ClusterOptions options) =>
        [.. Enumerable.Range(options.Nodes + 1, options.Spares).Select(i => builder.AddNode(i, options).WithExplicitStart())];

    /// <summary>
    /// The balancers: balancer, balancer2, … They know all nodes and spares, and wait for none of them, since a balancer has to
    /// start while some are dead.
    /// </summary>
    public static IReadOnlyList<IResourceBuilder<ProjectResource>> AddBalancers(
        this IDistributedApplicationBuilder builder,
        ClusterOptions options,
        IReadOnlyList<IResourceBuilder<ProjectResource>> nodes,
        IReadOnlyList<IResourceBuilder<ProjectResource>> spares)
    {
        return [.. Enumerable.Range(0, options.Balancers).Select(AddBalancer)];

        IResourceBuilder<ProjectResource> AddBalancer(int index)
        {
            var balancer = builder
                .AddProject<Projects.KvAspire_Balancer>(index == 0 ? "balancer" : $"balancer{index + 1}", o => o.ExcludeLaunchProfile = true)
                .WithHttpEndpoint(port: options.Port + index, isProxied: false)
                .WithExternalHttpEndpoints()
                .WithHttpHealthCheck("/health")
                .WithCommonEnvironment(options);
            foreach (var node in nodes.Concat(spares))
            {
                balancer.WithReference(node);
            }

            if (options.RehomeSeconds is { } seconds)
            {
                balancer.WithEnvironment("Cluster__RehomeAfter", TimeSpan.FromSeconds(seconds).ToString("c", CultureInfo.InvariantCulture));
            }

            if (options.CopyRate is { } rate)
            {
                balancer.WithEnvironment("Cluster__CopyBytesPerSecond", rate.ToString(CultureInfo.InvariantCulture));
            }

            return balancer.WithNames("Cluster__Nodes", nodes).WithNames("Cluster__Spares", spares);
        }
    }

    private static IResourceBuilder<ProjectResource> AddNode(this IDistributedApplicationBuilder builder, int number, ClusterOptions options)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"node{number}");
        // Without a proxy: behind one, a dead node would hang its callers instead of refusing them.
        var node = builder.AddProject<Projects.KvAspire_Node>(name, o => o.ExcludeLaunchProfile = true)
            .WithHttpEndpoint(isProxied: false)
            .WithHttpEndpoint(name: GrpcEndpoint, env: "Node__GrpcPort", isProxied: false)
            .WithEndpointsInEnvironment(e => e.Name != GrpcEndpoint)
            .WithHttpHealthCheck("/health")
            .WithCommonEnvironment(options)
            .WithEnvironment("Node__Name", name)
            .WithEnvironment("Storage__Path", Path.Combine(options.DataDirectory, name));
        if (options.Engine is { } engine)
        {
            node.WithEnvironment("Storage__Engine", engine);
        }

        return options.Fsync is { } fsync ? node.WithEnvironment("Storage__Fsync", fsync) : node;
    }

    private static IResourceBuilder<ProjectResource> WithNames(
        this IResourceBuilder<ProjectResource> balancer, string section, IReadOnlyList<IResourceBuilder<ProjectResource>> nodes)
    {
        for (var i = 0; i < nodes.Count; i++)
        {
            balancer.WithEnvironment(string.Create(CultureInfo.InvariantCulture, $"{section}__{i}"), nodes[i].Resource.Name);
        }

        return balancer;
    }

    private static IResourceBuilder<ProjectResource> WithCommonEnvironment(
        this IResourceBuilder<ProjectResource> service, ClusterOptions options)
    {
        // A service without its launch profile does not get the environment's name, either.
        var environment = service.ApplicationBuilder.Environment.EnvironmentName;
        service
            .WithEnvironment("ASPNETCORE_ENVIRONMENT", environment)
            .WithEnvironment("DOTNET_ENVIRONMENT", environment)
            .WithEnvironment("Cluster__Secret", options.Secret);
        if (!options.Telemetry)
        {
            // With nobody at the other end, an exporter that retries holds up every stop.
            service.WithEnvironment("OTEL_EXPORTER_OTLP_ENDPOINT", "");
        }

        if (options.TraceShare is { } share)
        {
            service
                .WithEnvironment("OTEL_TRACES_SAMPLER", "parentbased_traceidratio")
                .WithEnvironment("OTEL_TRACES_SAMPLER_ARG", share.ToString(CultureInfo.InvariantCulture));
        }

        return service;
    }
}
