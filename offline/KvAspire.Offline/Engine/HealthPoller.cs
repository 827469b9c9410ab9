using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace KvAspire.Offline;

/// <summary>Asks a running resource for its health: often while it is not well, seldom while it is.</summary>
internal sealed class HealthPoller(HttpClient http)
{
    private static readonly TimeSpan s_whileUnhealthy = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan s_whileHealthy = TimeSpan.FromSeconds(15);

    /// <summary>Polls until cancelled, and reports each result.</summary>
    public async Task RunAsync(Uri url, HealthPathAnnotation check, Action<HealthReportSnapshot> report, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            var result = await AskAsync(url, check, cancellationToken).ConfigureAwait(false);
            if (cancellationToken.IsCancellationRequested)
            {
                return;
            }

            report(result);
            var pause = result.Status == HealthStatus.Healthy ? s_whileHealthy : s_whileUnhealthy;
            await Task.Delay(pause, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<HealthReportSnapshot> AskAsync(Uri url, HealthPathAnnotation check, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(5));
        try
        {
            using var answer = await http.GetAsync(new Uri(url, check.Path), limit.Token).ConfigureAwait(false);
            var healthy = (int)answer.StatusCode == check.StatusCode;
            return Report(healthy ? HealthStatus.Healthy : HealthStatus.Unhealthy, healthy ? null : $"{check.Path} answered {(int)answer.StatusCode}.");
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            return Report(HealthStatus.Unhealthy, e.Message);
        }

        HealthReportSnapshot Report(HealthStatus status, string? description) =>
            new($"http{check.Path}", status, description, null) { LastRunAt = DateTime.UtcNow };
    }
}
