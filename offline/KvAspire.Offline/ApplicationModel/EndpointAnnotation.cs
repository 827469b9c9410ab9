namespace Aspire.Hosting.ApplicationModel;

/// <summary>A place where a resource listens.</summary>
public sealed class EndpointAnnotation : IResourceAnnotation
{
    internal EndpointAnnotation(string name, int? port, bool isProxied)
    {
        Name = name;
        Port = port;
        IsProxied = isProxied;
    }

    /// <summary>The name, unique within the resource.</summary>
    public string Name { get; set; }

    /// <summary>The scheme of its URL.</summary>
    public string UriScheme { get; set; } = "http";

    /// <summary>The port that was asked for; null leaves the choice to the stand-in.</summary>
    public int? Port { get; set; }

    /// <summary>The name of the host that the resource binds to.</summary>
    public string TargetHost { get; set; } = "localhost";

    /// <summary>Whether a proxy was asked for. The stand-in has none: every endpoint is the resource's own.</summary>
    public bool IsProxied { get; set; }

    /// <summary>Whether people reach it from outside.</summary>
    public bool IsExternal { get; set; }

    /// <summary>The port that the resource was given at the start of the application; it keeps it over its own restarts.</summary>
    internal int? AllocatedPort { get; set; }
}
