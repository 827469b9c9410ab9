using System.Collections;
using System.Globalization;
using Aspire.Hosting.ApplicationModel;

namespace KvAspire.Offline;

/// <summary>Works out the environment variables of a resource.</summary>
internal static class ResourceEnvironment
{
    /// <summary>Variables that are the AppHost's own (or its test runner's), and wrong for a resource.</summary>
    private static readonly string[] s_notInherited =
    [
        "ASPNETCORE_", "DOTNET_ENVIRONMENT", "DOTNET_LAUNCH_PROFILE", "DOTNET_URLS", "DOTNET_STARTUP_HOOKS", "ASPIRE_", "OTEL_",
        "services__", "MSBUILD", "MSBuild", "VSTEST", "DcpPublisher",
    ];

    /// <summary>What the AppHost declared, with references to endpoints replaced by their URLs.</summary>
    public static Dictionary<string, string> Declared(IResource resource, IReadOnlyDictionary<string, string> telemetry, CancellationToken cancellationToken)
    {
        var variables = telemetry.ToDictionary(v => v.Key, v => (object)v.Value);
        var endpoints = resource.Annotations.OfType<EndpointAnnotation>().ToList();
        var filters = resource.Annotations.OfType<EndpointsInEnvironmentAnnotation>().ToList();
        variables["ASPNETCORE_URLS"] = string.Join(';', endpoints
            .Where(e => filters.TrueForAll(f => f.Filter(e)))
            .Select(e => string.Create(CultureInfo.InvariantCulture, $"{e.UriScheme}://{e.TargetHost}:{e.AllocatedPort}")));
        foreach (var port in resource.Annotations.OfType<EndpointPortAnnotation>())
        {
            variables[port.Variable] = endpoints.Find(e => e.Name == port.EndpointName)!.AllocatedPort!.Value.ToString(CultureInfo.InvariantCulture);
        }

        var context = new EnvironmentCallbackContext(resource, variables, cancellationToken);
        foreach (var annotation in resource.Annotations.OfType<EnvironmentAnnotation>().ToList())
        {
            annotation.Callback(context);
        }

        return variables.ToDictionary(
            v => v.Key,
            v => v.Value is EndpointReference endpoint ? endpoint.Url : Convert.ToString(v.Value, CultureInfo.InvariantCulture) ?? "");
    }

    /// <summary>The AppHost's own environment without what is only its own, and the declared variables over it.</summary>
    public static Dictionary<string, string> Complete(IReadOnlyDictionary<string, string> declared)
    {
        var all = new Dictionary<string, string>();
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            var name = (string)variable.Key;
            if (!Array.Exists(s_notInherited, p => name.StartsWith(p, StringComparison.Ordinal)))
            {
                all[name] = (string?)variable.Value ?? "";
            }
        }

        foreach (var (name, value) in declared)
        {
            all[name] = value;
        }

        return all;
    }
}
