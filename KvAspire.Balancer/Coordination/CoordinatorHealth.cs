using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace KvAspire.Balancer.Coordination;

/// <summary>Healthy while it serves; degraded as a standby; unhealthy while too few nodes are there.</summary>
internal sealed class CoordinatorHealth(Coordinator coordinator) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var state = coordinator.State;
        return Task.FromResult(state.Phase switch
        {
            CoordinatorPhase.Serving => HealthCheckResult.Healthy(state.Detail),
            CoordinatorPhase.Standby => HealthCheckResult.Degraded(state.Detail),
            _ => HealthCheckResult.Unhealthy(state.Detail),
        });
    }
}
