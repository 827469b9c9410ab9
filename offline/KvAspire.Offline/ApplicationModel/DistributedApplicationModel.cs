namespace Aspire.Hosting.ApplicationModel;

/// <summary>The resources of an application, for whoever runs it.</summary>
/// <param name="resources">The resources.</param>
public class DistributedApplicationModel(IResourceCollection resources)
{
    /// <summary>The resources.</summary>
    public IResourceCollection Resources { get; } = resources;
}
