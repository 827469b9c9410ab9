namespace Aspire.Hosting.ApplicationModel;

/// <summary>Collects the environment variables of a resource just before it starts.</summary>
/// <param name="resource">The resource.</param>
/// <param name="environmentVariables">What was collected so far.</param>
/// <param name="cancellationToken">Ends the collection.</param>
public class EnvironmentCallbackContext(
    IResource resource, Dictionary<string, object> environmentVariables, CancellationToken cancellationToken)
{
    /// <summary>Strings, and references to endpoints that are replaced by their URLs.</summary>
    public Dictionary<string, object> EnvironmentVariables { get; } = environmentVariables;

    /// <summary>The resource.</summary>
    public IResource Resource { get; } = resource;

    /// <summary>Ends the collection.</summary>
    public CancellationToken CancellationToken { get; } = cancellationToken;
}
