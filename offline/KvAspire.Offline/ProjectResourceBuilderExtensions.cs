using Aspire.Hosting.ApplicationModel;
using KvAspire.Offline;

namespace Aspire.Hosting;

/// <summary>Declares projects as resources.</summary>
public static class ProjectResourceBuilderExtensions
{
    /// <summary>Declares a project as a resource.</summary>
    /// <typeparam name="TProject">The class in the namespace <c>Projects</c> that stands for the project.</typeparam>
    /// <param name="builder">The application.</param>
    /// <param name="name">The name of the resource: ASCII letters, digits and hyphens, at most 64.</param>
    /// <param name="configure">What to take from the project.</param>
    public static IResourceBuilder<ProjectResource> AddProject<TProject>(
        this IDistributedApplicationBuilder builder, string name, Action<ProjectResourceOptions> configure)
        where TProject : IProjectMetadata, new()
    {
        configure(new ProjectResourceOptions());
        return builder.AddProject<TProject>(name);
    }

    /// <inheritdoc cref="AddProject{TProject}(IDistributedApplicationBuilder, string, Action{ProjectResourceOptions})"/>
    public static IResourceBuilder<ProjectResource> AddProject<TProject>(this IDistributedApplicationBuilder builder, string name)
        where TProject : IProjectMetadata, new()
    {
        var resource = new ProjectResource(name);
        resource.Annotations.Add(new TProject());
        return builder.AddResource(resource);
    }

    /// <summary>Chooses the endpoints that ASPNETCORE_URLS lists; all of them unless told otherwise.</summary>
    public static IResourceBuilder<ProjectResource> WithEndpointsInEnvironment(
        this IResourceBuilder<ProjectResource> builder, Func<EndpointAnnotation, bool> filter) =>
        builder.WithAnnotation(new EndpointsInEnvironmentAnnotation(filter));
}
