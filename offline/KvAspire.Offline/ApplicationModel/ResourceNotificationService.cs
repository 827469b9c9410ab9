using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>
/// Knows the state of every resource and tells whoever watches. All changes go through one lock, so watchers see them in order.
/// </summary>
public class ResourceNotificationService : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, ResourceEvent> _states = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<Channel<ResourceEvent>> _watchers = [];
    private bool _disposed;

    /// <summary>Completes a new state with what follows from it (its commands); set by the engine.</summary>
    internal Func<IResource, CustomResourceSnapshot, CustomResourceSnapshot> Complete { get; set; } = (_, s) => s;

    /// <summary>The state of a resource, by its id or by its name. False if it has none yet.</summary>
    public bool TryGetCurrentState(string resourceId, [NotNullWhen(true)] out ResourceEvent? resourceEvent)
    {
        lock (_lock)
        {
            resourceEvent = _states.GetValueOrDefault(resourceId)
                ?? _states.Values.FirstOrDefault(e => string.Equals(e.Resource.Name, resourceId, StringComparison.OrdinalIgnoreCase));
            return resourceEvent is not null;
        }
    }

    /// <summary>All states as they are, then each change. Ends in a cancellation when the application ends.</summary>
    public async IAsyncEnumerable<ResourceEvent> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var channel = Channel.CreateUnbounded<ResourceEvent>();
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            foreach (var state in _states.Values)
            {
                channel.Writer.TryWrite(state);
            }

            _watchers.Add(channel);
        }

        try
        {
            await foreach (var change in channel.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                yield return change;
            }
        }
        finally
        {
            lock (_lock)
            {
                _watchers.Remove(channel);
            }
        }
    }

    /// <summary>Waits until a resource is in a state; "Running" unless told otherwise.</summary>
    public Task WaitForResourceAsync(string resourceName, string? targetState = null, CancellationToken cancellationToken = default) =>
        WaitForResourceAsync(resourceName, [targetState ?? KnownResourceStates.Running], cancellationToken);

    /// <summary>Waits until a resource is in one of some states, and tells in which.</summary>
    public async Task<string> WaitForResourceAsync(
        string resourceName, IEnumerable<string> targetStates, CancellationToken cancellationToken = default)
    {
        var wanted = targetStates.ToHashSet(StringComparer.OrdinalIgnoreCase);
        var reached = await WaitForResourceAsync(
            resourceName, e => e.Snapshot.State is { } s && wanted.Contains(s.Text), cancellationToken).ConfigureAwait(false);
        return reached.Snapshot.State!.Text;
    }

    /// <summary>Waits until a resource's state fulfils a condition.</summary>
    public async Task<ResourceEvent> WaitForResourceAsync(
        string resourceName, Func<ResourceEvent, bool> predicate, CancellationToken cancellationToken = default)
    {
        await foreach (var change in WatchAsync(cancellationToken).ConfigureAwait(false))
        {
            if (string.Equals(change.Resource.Name, resourceName, StringComparison.OrdinalIgnoreCase) && predicate(change))
            {
                return change;
            }
        }

        throw new OperationCanceledException($"The application ended while '{resourceName}' was waited for.");
    }

    /// <summary>Waits until a resource is healthy.</summary>
    /// <exception cref="DistributedApplicationException">The resource does not exist, or has ended.</exception>
    public Task<ResourceEvent> WaitForResourceHealthyAsync(string resourceName, CancellationToken cancellationToken = default) =>
        WaitForResourceHealthyAsync(resourceName, WaitBehavior.StopOnResourceUnavailable, cancellationToken);

    /// <summary>Waits until a resource is healthy.</summary>
    /// <exception cref="DistributedApplicationException">The resource does not exist, or has ended and that is not to be waited out.</exception>
    public async Task<ResourceEvent> WaitForResourceHealthyAsync(
        string resourceName, WaitBehavior waitBehavior, CancellationToken cancellationToken = default)
    {
        if (waitBehavior == WaitBehavior.StopOnResourceUnavailable && !TryGetCurrentState(resourceName, out _))
        {
            throw new DistributedApplicationException($"There is no resource '{resourceName}' to wait for.");
        }

        var reached = await WaitForResourceAsync(resourceName, Ends, cancellationToken).ConfigureAwait(false);
        return reached.Snapshot.HealthStatus == HealthStatus.Healthy
            ? reached
            : throw new DistributedApplicationException(
                $"The resource '{resourceName}' is '{reached.Snapshot.State?.Text}' (exit code {reached.Snapshot.ExitCode}) and will not become healthy.");

        bool Ends(ResourceEvent e) => e.Snapshot.HealthStatus == HealthStatus.Healthy
            || (waitBehavior == WaitBehavior.StopOnResourceUnavailable
                && KnownResourceStates.TerminalStates.Contains(e.Snapshot.State?.Text));
    }

    /// <summary>Changes the state of a resource.</summary>
    public Task PublishUpdateAsync(IResource resource, Func<CustomResourceSnapshot, CustomResourceSnapshot> stateFactory)
    {
        if (TryGetCurrentState(resource.Name, out var current))
        {
            Update(current.ResourceId, stateFactory);
        }

        return Task.CompletedTask;
    }

    internal IReadOnlyList<ResourceEvent> CurrentStates()
    {
        lock (_lock)
        {
            return [.. _states.Values];
        }
    }

    internal void Register(IResource resource, string resourceId, CustomResourceSnapshot snapshot) =>
        Publish(new ResourceEvent(resource, resourceId, snapshot));

    internal void Update(string resourceId, Func<CustomResourceSnapshot, CustomResourceSnapshot> change)
    {
        lock (_lock)
        {
            var old = _states[resourceId];
            Publish(new ResourceEvent(old.Resource, resourceId, change(old.Snapshot)));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            foreach (var watcher in _watchers)
            {
                watcher.Writer.TryComplete();
            }
        }

        GC.SuppressFinalize(this);
    }

    private void Publish(ResourceEvent change)
    {
        lock (_lock)
        {
            var completed = new ResourceEvent(change.Resource, change.ResourceId, Complete(change.Resource, change.Snapshot));
            _states[change.ResourceId] = completed;
            foreach (var watcher in _watchers)
            {
                watcher.Writer.TryWrite(completed);
            }
        }
    }
}
