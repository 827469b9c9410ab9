namespace KvAspire.AppHost;

/// <summary>
/// What may stand on the AppHost's command line. The configuration takes any name: a misspelt option, or a setting of the services that the AppHost
/// does not pass on, would have no effect, and nobody would be told.
/// </summary>
internal static class CommandLine
{
    /// <summary>The options of <see cref="ClusterOptions"/>.</summary>
    private static readonly string[] Options =
        ["nodes", "spares", "balancers", "port", "data", "engine", "fsync", "rehome", "copy-rate", "telemetry", "traces", "Cluster:Secret"];

    /// <summary>Names that Aspire and the host read; those of their sections, such as <c>DcpPublisher:RandomizePorts</c>, have a colon.</summary>
    private static readonly string[] OfTheHost =
    [
        "operation", "publisher", "step", "output-path", "log-level", "include-exception-details", "clear-cache", "yes", "dcp-cli-path",
        "dcp-container-runtime", "dcp-dependency-check-timeout", "dcp-dashboard-path", "environment", "contentRoot", "applicationName",
    ];

    /// <summary>Sections of the services' settings, which the AppHost makes from its own options.</summary>
    private static readonly string[] OfTheServices = ["Cluster:", "Node:", "Services:", "Storage:", "Store:"];

    /// <summary>One sentence that says what to change; null if all is well.</summary>
    public static string? FindFault(string[] args)
    {
        for (var i = 0; i < args.Length; i++)
        {
            // As the command-line configuration reads it: --name value, --name=value, /name value, name=value.
            var text = args[i] switch
            {
                ['-', '-', .. var rest] => rest,
                ['/', .. var rest] => rest,
                var all => all,
            };
            var end = text.IndexOf('=', StringComparison.Ordinal);
            if (end < 0 && text.Length == args[i].Length && !text.StartsWith('-'))
            {
                return $"'{args[i]}' stands for itself on the command line: write options as --name value, such as --nodes 5.";
            }

            var name = end < 0 ? text : text[..end];
            if (FaultOf(name) is { } fault)
            {
                return fault;
            }

            if (end < 0 && ++i == args.Length)
            {
                return $"--{name} has no value: write --{name} and then the value.";
            }
        }

        return null;
    }

    private static string? FaultOf(string name)
    {
        if (Has(Options, name) || Has(OfTheHost, name))
        {
            return null;
        }

        var options = $"use {string.Join(", ", Options.Select(o => $"--{o}"))}.";
        return name.StartsWith('-') ? $"{name} is not an option: {options}"
            : Array.Exists(OfTheServices, s => name.StartsWith(s, StringComparison.OrdinalIgnoreCase)) ? $"--{name} is a setting of the services, which the AppHost does not pass on: {options}"
            : !name.Contains(':', StringComparison.Ordinal) ? $"--{name} is not an option: {options}"
            : null;
    }

    private static bool Has(string[] names, string name) => Array.Exists(names, n => n.Equals(name, StringComparison.OrdinalIgnoreCase));
}
