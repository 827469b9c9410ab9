using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;

namespace KvAspire.Tests.Hosting;

public sealed class ClusterResourcesTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task AppHost_NumbersConfigured_DeclaresThatManyNodesSparesAndBalancers()
    {
        await using var builder = await CreateAsync("--nodes=2", "--spares=1", "--balancers=2");

        var names = builder.Resources.OfType<ProjectResource>().Select(r => r.Name);

        Assert.Equal(["node1", "node2", "node3", "balancer", "balancer2"], names);
    }

    [Fact]
    public async Task AppHost_BalancersDeclared_GivesThemConsecutivePorts()
    {
        await using var builder = await CreateAsync("--port=9000", "--balancers=2");

        var ports = builder.Resources.OfType<ProjectResource>().Where(r => r.Name.StartsWith("balancer", StringComparison.Ordinal))
            .Select(r => r.Annotations.OfType<EndpointAnnotation>().Single().Port);

        Assert.Equal([9000, 9001], ports);
    }

    [Fact]
    public async Task AppHost_AnyService_IsReachedWithoutAProxy()
    {
        await using var builder = await CreateAsync();

        var endpoints = builder.Resources.OfType<ProjectResource>().SelectMany(r => r.Annotations.OfType<EndpointAnnotation>()).ToList();

        Assert.Equal((5 * 2) + 1, endpoints.Count);
        Assert.All(endpoints, e => Assert.False(e.IsProxied));
    }

    [Fact]
    public async Task AppHost_ImpossibleConfiguration_BuildsNothing() =>
        await Assert.ThrowsAsync<InvalidOperationException>(() => CreateAsync("--nodes=0"));

    private static Task<IDistributedApplicationTestingBuilder> CreateAsync(params string[] args) =>
        DistributedApplicationTestingBuilder.CreateAsync<Projects.KvAspire_AppHost>(args).WaitAsync(s_limit);
}
