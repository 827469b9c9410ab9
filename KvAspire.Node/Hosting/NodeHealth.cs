using KvAspire.Node.Replication;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace KvAspire.Node.Hosting;

/// <summary>Unhealthy once the storage has failed.</summary>
internal sealed class NodeHealth(ReplicaCore core) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(core.Fault.Length == 0 ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy(core.Fault));
}
