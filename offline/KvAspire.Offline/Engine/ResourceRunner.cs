using System.Collections.Immutable;
using System.Globalization;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Logging;

namespace KvAspire.Offline;

/// <summary>
/// Starts and stops one resource and keeps its state. A process that ends by itself, or is killed, is not started again: its state
/// becomes Finished, with its exit code, until somebody runs the start command.
/// </summary>
internal sealed class ResourceRunner(
    IResource resource,
    string id,
    ResourceNotificationService notifications,
    ResourceOutput output,
    HealthPoller health,
    Func<IResource, string, IReadOnlyDictionary<string, string>> telemetry,
    ILogger logger) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1);
    private ChildProcess? _process;
    private volatile bool _stopping;

    public string Id => id;

    public IResource Resource => resource;

    /// <summary>Starts the process unless it runs already.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_process is { Exited.IsCompleted: false })
            {
                return;
            }

            notifications.Update(id, s => s with { State = KnownResourceStates.Starting, ExitCode = null, StopTimeStamp = null });
            Launch(cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            notifications.Update(id, s => s with { State = new ResourceStateSnapshot(KnownResourceStates.FailedToStart, "error") });
            output.Write(resource.Name, e.Message);
            throw;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Stops the process if it runs: asks first, and kills it when the patience is at an end.</summary>
    public async Task StopAsync(TimeSpan patience)
    {
        await _turn.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        try
        {
            if (_process is { Exited.IsCompleted: false } process)
            {
                _stopping = true;
                notifications.Update(id, s => s with { State = KnownResourceStates.Stopping });
                await process.StopAsync(patience).ConfigureAwait(false);
            }

            // The state is final only when the watcher has published it.
            await Watcher.ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    private Task Watcher { get; set; } = Task.CompletedTask;

    private void Launch(CancellationToken cancellationToken)
    {
        var metadata = resource.Annotations.OfType<IProjectMetadata>().Single();
        var assembly = ((IBuiltProject)metadata).AssemblyPath;
        if (!File.Exists(assembly))
        {
            throw new FileNotFoundException($"{assembly} does not exist: build the solution first.");
        }

        var directory = Path.GetDirectoryName(metadata.ProjectPath)!;
        var declared = ResourceEnvironment.Declared(resource, telemetry(resource, id), cancellationToken);
        _stopping = false;
        var process = _process = ChildProcess.Start(
            ChildProcess.Dotnet, [assembly], directory, ResourceEnvironment.Complete(declared), line => output.Write(resource.Name, line));
        var checks = resource.Annotations.OfType<HealthPathAnnotation>().ToList();
        notifications.Update(id, s => s with
        {
            State = new ResourceStateSnapshot(KnownResourceStates.Running, "success"),
            StartTimeStamp = DateTime.UtcNow,
            Properties = Properties(process.Id, assembly, metadata.ProjectPath),
            EnvironmentVariables = [.. declared.Select(v => new EnvironmentVariableSnapshot(v.Key, v.Value, true))],
            Urls = [.. s.Urls.Select(u => u with { IsInactive = false })],
            HealthReports = [.. checks.Select(c => new HealthReportSnapshot($"http{c.Path}", null, null, null))],
        });
        Watcher = WatchAsync(process, checks);
    }

    private static ImmutableArray<ResourcePropertySnapshot> Properties(int pid, string assembly, string project) =>
    [
        new("executable.path", ChildProcess.Dotnet),
        new("executable.workDir", Path.GetDirectoryName(project)),
        new("executable.args", ImmutableArray.Create(assembly)),
        new("executable.pid", pid),
        new("project.path", project),
    ];

    private async Task WatchAsync(ChildProcess process, List<HealthPathAnnotation> checks)
    {
        using var ended = new CancellationTokenSource();
        var polls = checks.ConvertAll(c => health.RunAsync(
            new Uri(new EndpointReference((IResourceWithEndpoints)resource, c.EndpointName).Url), c, Report, ended.Token));
        var exitCode = await process.Exited.ConfigureAwait(false);
        await ended.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(polls).ConfigureAwait(false);
        if (!_stopping && exitCode != 0)
        {
            logger.LogWarning(
                "{Resource} ended with exit code {ExitCode}. Its last lines:{Break}{Lines}",
                resource.Name, exitCode.ToString(CultureInfo.InvariantCulture), Environment.NewLine, output.Last(resource.Name, lines: 40));
        }

        notifications.Update(id, s => s with
        {
            State = new ResourceStateSnapshot(KnownResourceStates.Finished, exitCode == 0 ? null : "error"),
            ExitCode = exitCode,
            StopTimeStamp = DateTime.UtcNow,
            HealthReports = [],
            Urls = [.. s.Urls.Select(u => u with { IsInactive = true })],
        });
    }

    private void Report(HealthReportSnapshot report) => notifications.Update(id, s => s.State?.Text != KnownResourceStates.Running ? s : s with
    {
        HealthReports = [.. s.HealthReports.Where(r => r.Name != report.Name), report],
    });
}
