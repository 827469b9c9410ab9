using Aspire.Hosting.ApplicationModel;

namespace KvAspire.Offline;

// What the builder's methods note on a resource, for the engine to read when it starts the resource.

internal sealed record EnvironmentAnnotation(Action<EnvironmentCallbackContext> Callback) : IResourceAnnotation;

internal sealed record EndpointsInEnvironmentAnnotation(Func<EndpointAnnotation, bool> Filter) : IResourceAnnotation;

internal sealed record EndpointPortAnnotation(string EndpointName, string Variable) : IResourceAnnotation;

internal sealed record ExplicitStartAnnotation : IResourceAnnotation;

internal sealed record HealthPathAnnotation(string EndpointName, string Path, int StatusCode) : IResourceAnnotation;

internal sealed record UrlAnnotation(string EndpointName, Action<ResourceUrlAnnotation> Callback) : IResourceAnnotation;

internal sealed record WaitForAnnotation(IResource Dependency) : IResourceAnnotation;

internal sealed record ReferenceAnnotation(IResource Source) : IResourceAnnotation;

internal sealed record CommandAnnotation(
    string Name,
    string DisplayName,
    Func<ExecuteCommandContext, Task<ExecuteCommandResult>> Execute,
    CommandOptions Options) : IResourceAnnotation;
