using System.Reflection;
using System.Runtime.InteropServices;

namespace KvAspire.Load.Processes;

/// <summary>Where the build has put the services, and how to run them.</summary>
internal static class ServiceAssembly
{
    /// <param name="name">Such as <c>KvAspire.Node</c>.</param>
    /// <exception cref="LoadException">It is not there.</exception>
    public static string Find(string name)
    {
        var path = typeof(ServiceAssembly).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .FirstOrDefault(attribute => attribute.Key == name)?.Value;
        return File.Exists(path)
            ? path
            : throw new LoadException($"{name} is not built ({path ?? "its place is unknown"}): run 'dotnet build bench/KvAspire.Load'.");
    }

    /// <summary>The <c>dotnet</c> command that runs this process, so that the services get the same runtime.</summary>
    public static string Host()
    {
        var name = OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet";
        var beside = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", name));
        return Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } given ? given
            : File.Exists(beside) ? beside
            : name;
    }
}
