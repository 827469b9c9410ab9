using System.Collections.Immutable;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace KvAspire.Offline;

/// <summary>Runs all resources of an application: gives them ports, starts them, stops them.</summary>
internal sealed class Orchestrator : IHostedService, IDisposable
{
    /// <summary>How long the stop command asks before it kills.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    /// <summary>The same at the end of the application, which somebody at a terminal waits for.</summary>
    private static readonly TimeSpan s_patienceAtEnd = TimeSpan.FromSeconds(3.5);

    private readonly DistributedApplicationModel _model;
    private readonly ResourceNotificationService _notifications;
    private readonly EngineOptions _options;
    private readonly Dictionary<string, ResourceRunner> _runners = [];
    private readonly CancellationTokenSource _stopping = new();
    private readonly HttpClient _http = new(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(1) });
    private readonly ResourceOutput _output;
    private readonly Dashboard _dashboard;
    private readonly ILogger<Orchestrator> _logger;
    private Task _starting = Task.CompletedTask;

    public Orchestrator(
        DistributedApplicationModel model,
        ResourceNotificationService notifications,
        ResourceOutput output,
        EngineOptions options,
        Dashboard dashboard,
        IServiceProvider services,
        ILogger<Orchestrator> logger)
    {
        (_model, _notifications, _output, _options, _dashboard, _logger) = (model, notifications, output, options, dashboard, logger);
        _notifications.Complete = (resource, snapshot) => snapshot with { Commands = CommandsOf(resource, snapshot, services) };
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (!_options.IsTest)
        {
            Console.WriteLine($"This is KvAspire's stand-in for Aspire, not Aspire itself: {_options.Reason}.");
        }

        _dashboard.Start();
        foreach (var resource in _model.Resources)
        {
            AllocatePorts(resource);
            Register(resource);
        }

        _starting = Task.WhenAll(_runners.Values.Where(r => !Has<ExplicitStartAnnotation>(r.Resource)).Select(StartWhenReadyAsync));
        Announce();
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _starting.ConfigureAwait(false);
        await Task.WhenAll([_dashboard.StopAsync(), .. _runners.Values.Select(r => r.StopAsync(s_patienceAtEnd))]).ConfigureAwait(false);
    }

    public Task StartResourceAsync(string id, CancellationToken cancellationToken) => _runners[id].StartAsync(cancellationToken);

    public Task StopResourceAsync(string id, CancellationToken cancellationToken) =>
        _runners[id].StopAsync(s_patience).WaitAsync(cancellationToken);

    public void Dispose()
    {
        foreach (var runner in _runners.Values)
        {
            runner.Dispose();
        }

        _http.Dispose();
        _stopping.Dispose();
    }

    private static bool Has<T>(IResource resource) => resource.Annotations.OfType<T>().Any();

    private static ImmutableArray<ResourceCommandSnapshot> CommandsOf(IResource resource, CustomResourceSnapshot snapshot, IServiceProvider services)
    {
        var context = new UpdateCommandStateContext { ResourceSnapshot = snapshot, Services = services };
        return
        [
            .. resource.Annotations.OfType<CommandAnnotation>().Select(c => new ResourceCommandSnapshot(
                c.Name,
                c.Options.UpdateState?.Invoke(context) ?? ResourceCommandState.Enabled,
                c.DisplayName,
                c.Options.Description,
                null,
                c.Options.ConfirmationMessage,
                c.Options.IconName,
                c.Options.IconVariant,
                c.Options.IsHighlighted)),
        ];
    }

    private void AllocatePorts(IResource resource)
    {
        foreach (var endpoint in resource.Annotations.OfType<EndpointAnnotation>())
        {
            var wanted = _options.RandomizePorts ? null : endpoint.Port;
            if (wanted is { } port && !FreePorts.IsFree(port))
            {
                throw new DistributedApplicationException(
                    $"Port {port}, which '{resource.Name}' is to listen on, is in use: stop what listens there, or choose another port.");
            }

            endpoint.AllocatedPort = wanted ?? FreePorts.Take();
        }
    }

    private void Register(IResource resource)
    {
        var id = $"{resource.Name}-{Suffix()}";
        var runner = new ResourceRunner(
            resource, id, _notifications, _output, new HealthPoller(_http), _dashboard.EnvironmentFor, _logger);
        _runners[id] = runner;
        _notifications.Register(resource, id, new CustomResourceSnapshot
        {
            ResourceType = "Project",
            Properties = [],
            CreationTimeStamp = DateTime.UtcNow,
            State = KnownResourceStates.NotStarted,
            Urls = [.. resource.Annotations.OfType<EndpointAnnotation>().Select(e => UrlOf(resource, e))],
            Relationships = [.. resource.Annotations.OfType<ReferenceAnnotation>().Select(r => new RelationshipSnapshot(r.Source.Name, "Reference"))],
        });
    }

    private static UrlSnapshot UrlOf(IResource resource, EndpointAnnotation endpoint)
    {
        var reference = new EndpointReference((IResourceWithEndpoints)resource, endpoint.Name);
        var url = new ResourceUrlAnnotation { Url = reference.Url, Endpoint = reference };
        foreach (var annotation in resource.Annotations.OfType<UrlAnnotation>().Where(a => a.EndpointName == endpoint.Name))
        {
            annotation.Callback(url);
        }

        return new UrlSnapshot(endpoint.Name, new Uri(new Uri(reference.Url), url.Url).ToString(), url.DisplayLocation == UrlDisplayLocation.DetailsOnly)
        {
            DisplayProperties = new UrlDisplayPropertiesSnapshot(url.DisplayText ?? ""),
            IsInactive = true,
        };
    }

    private async Task StartWhenReadyAsync(ResourceRunner runner)
    {
        try
        {
            foreach (var wait in runner.Resource.Annotations.OfType<WaitForAnnotation>())
            {
                _notifications.Update(runner.Id, s => s with { State = KnownResourceStates.Waiting });
                await _notifications.WaitForResourceHealthyAsync(
                    wait.Dependency.Name, WaitBehavior.WaitOnResourceUnavailable, _stopping.Token).ConfigureAwait(false);
            }

            await runner.StartAsync(_stopping.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // The application ends before the resource was due.
        }
#pragma warning disable CA1031 // The state says so, too; the other resources go on.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _logger.LogError(e, "{Resource} could not be started.", runner.Resource.Name);
        }
    }

    private void Announce()
    {
        if (_options.IsTest)
        {
            return;
        }

        foreach (var resource in _model.Resources)
        {
            var urls = resource.Annotations.OfType<EndpointAnnotation>().Select(e => $"{e.UriScheme}://{e.TargetHost}:{e.AllocatedPort} ({e.Name})");
            var note = Has<ExplicitStartAnnotation>(resource) ? "  [started on request]" : "";
            Console.WriteLine($"  {resource.Name,-12}{string.Join("  ", urls)}{note}");
        }

        Console.WriteLine("Ctrl+C ends all of them.");
    }

    private static string Suffix()
    {
        const string Letters = "abcdefghijkmnpqrstuvwxyz";
#pragma warning disable CA5394 // An id is no secret.
        return new string(Random.Shared.GetItems<char>(Letters, 8));
#pragma warning restore CA5394
    }
}
