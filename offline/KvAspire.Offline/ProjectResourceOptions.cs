namespace Aspire.Hosting;

/// <summary>What to take from a project that becomes a resource. The stand-in never reads launch profiles or Kestrel settings.</summary>
public class ProjectResourceOptions
{
    /// <summary>Whether the project's launch profile is left alone.</summary>
    public bool ExcludeLaunchProfile { get; set; }

    /// <summary>Whether the endpoints in the project's Kestrel settings are left alone.</summary>
    public bool ExcludeKestrelEndpoints { get; set; }
}
