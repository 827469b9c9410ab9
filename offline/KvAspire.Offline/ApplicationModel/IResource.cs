namespace Aspire.Hosting.ApplicationModel;

/// <summary>Something that the AppHost declares: here always a project that runs as a process.</summary>
public interface IResource
{
    /// <summary>The name, unique in the application.</summary>
    string Name { get; }

    /// <summary>What the AppHost said about the resource, in the order in which it said it.</summary>
    ResourceAnnotationCollection Annotations { get; }
}

/// <summary>A resource that takes environment variables.</summary>
public interface IResourceWithEnvironment : IResource;

/// <summary>A resource that listens somewhere.</summary>
public interface IResourceWithEndpoints : IResource;

/// <summary>A resource that can be made to wait for another.</summary>
public interface IResourceWithWaitSupport : IResource;
