using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting;

/// <summary>Says which project a generated class in the namespace <c>Projects</c> stands for.</summary>
public interface IProjectMetadata : IResourceAnnotation
{
    /// <summary>The full path of the project file.</summary>
    string ProjectPath { get; }
}
