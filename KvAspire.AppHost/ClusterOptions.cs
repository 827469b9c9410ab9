using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Extensions.Configuration;

namespace KvAspire.AppHost;

/// <summary>What can be chosen at the start of the AppHost: on the command line (<c>--nodes 5</c>), in its settings, or in its environment.</summary>
internal sealed record ClusterOptions
{
    /// <summary>The most nodes and spares together, and the most balancers: more would be a typing error on one machine.</summary>
    private const int MostNodes = 100;
    private const int MostBalancers = 9;

    /// <summary><c>nodes</c>: how many nodes the cluster begins with; 1 to 100, 3 unless told otherwise.</summary>
    public required int Nodes { get; init; }

    /// <summary><c>spares</c>: how many more nodes wait to be started; 0 to 100, 2 unless told otherwise.</summary>
    public required int Spares { get; init; }

    /// <summary><c>balancers</c>: one serves, the others stand by; 1 to 9, 1 unless told otherwise.</summary>
    public required int Balancers { get; init; }

    /// <summary><c>port</c>: where the first balancer listens, the next ones after it; 8081 unless told otherwise. Null (<c>--port 0</c>) is any free one.</summary>
    public required int? Port { get; init; }

    /// <summary><c>data</c>: the directory under which each node has its own; <c>data</c> next to the AppHost's project unless told otherwise.</summary>
    public required string DataDirectory { get; init; }

    /// <summary><c>engine</c>: <c>RocksDb</c> or <c>Memory</c>; null leaves it to the nodes.</summary>
    public required string? Engine { get; init; }

    /// <summary><c>fsync</c>: <c>OnView</c> or <c>Always</c>; null leaves it to the nodes.</summary>
    public required string? Fsync { get; init; }

    /// <summary><c>rehome</c>: seconds after which a node that is down loses its place; null leaves it to the balancers.</summary>
    public required int? RehomeSeconds { get; init; }

    /// <summary><c>copy-rate</c>: limit on copying to each node, in bytes per second; null leaves it to the balancers.</summary>
    public required int? CopyRate { get; init; }

    /// <summary><c>telemetry</c>: whether the services send traces, metrics and logs; they do unless told otherwise.</summary>
    public required bool Telemetry { get; init; }

    /// <summary><c>traces</c>: which share of the requests is traced, 0 to 1; null leaves it to Aspire, which traces all.</summary>
    public required double? TraceShare { get; init; }

    /// <summary><c>Cluster:Secret</c>: what balancers show to nodes; made anew for each run unless told otherwise.</summary>
    public required string Secret { get; init; }

    /// <summary>Reads the options, or says in one sentence what to change.</summary>
    /// <param name="args">The command line: what stands there and is no option is refused, where the configuration would pass over it.</param>
    /// <param name="configuration">The settings, the command line's among them.</param>
    /// <param name="appHostDirectory">Where <c>data</c> is unless told otherwise.</param>
    /// <param name="options">The options.</param>
    /// <param name="error">What to change.</param>
    public static bool TryRead(
        string[] args,
        IConfiguration configuration,
        string appHostDirectory,
        [NotNullWhen(true)] out ClusterOptions? options,
        [NotNullWhen(false)] out string? error)
    {
        try
        {
            if (CommandLine.FindFault(args) is { } fault)
            {
                throw new FormatException(fault);
            }

            var port = Number(configuration, "port", 8081, 0, 65535);
            var balancers = Number(configuration, "balancers", 1, 1, MostBalancers);
            options = new ClusterOptions
            {
                Nodes = Number(configuration, "nodes", 3, 1, MostNodes),
                Spares = Number(configuration, "spares", 2, 0, MostNodes),
                Balancers = balancers,
                Port = port == 0 ? null : port,
                DataDirectory = Path.GetFullPath(Text(configuration, "data") ?? Path.Combine(appHostDirectory, "data")),
                Engine = OneOf(configuration, "engine", "RocksDb", "Memory"),
                Fsync = OneOf(configuration, "fsync", "OnView", "Always"),
                RehomeSeconds = NumberOrNull(configuration, "rehome", 600, 1, 31_536_000),
                CopyRate = NumberOrNull(configuration, "copy-rate", 67_108_864, 1_000, int.MaxValue),
                Telemetry = OneOf(configuration, "telemetry", "true", "false") != "false",
                TraceShare = Share(configuration, "traces"),
                Secret = Text(configuration, "Cluster:Secret") ?? RandomNumberGenerator.GetHexString(32, lowercase: true),
            };
            if (port + balancers - 1 > 65535)
            {
                throw new FormatException($"port is {port}, which leaves no room for {balancers} balancers: choose a lower one.");
            }

            error = null;
            return true;
        }
        catch (FormatException e)
        {
            (options, error) = (null, e.Message);
            return false;
        }
    }

    private static string? Text(IConfiguration configuration, string key) =>
        configuration[key] is { } value && !string.IsNullOrWhiteSpace(value) ? value.Trim() : null;

    private static int Number(IConfiguration configuration, string key, int unlessTold, int least, int most)
    {
        var text = Text(configuration, key);
        return text is null ? unlessTold
            : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most ? value
            : throw new FormatException($"{key} is '{text}', but has to be a whole number from {least} to {most}: start with --{key} {unlessTold}, for example.");
    }

    private static int? NumberOrNull(IConfiguration configuration, string key, int example, int least, int most) =>
        Text(configuration, key) is null ? null : Number(configuration, key, example, least, most);

    private static double? Share(IConfiguration configuration, string key)
    {
        var text = Text(configuration, key);
        return text is null ? null
            : double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) && value is >= 0 and <= 1 ? value
            : throw new FormatException($"{key} is '{text}', but has to be a number from 0 to 1: start with --{key} 0.01, for example.");
    }

    private static string? OneOf(IConfiguration configuration, string key, params string[] choices)
    {
        var text = Text(configuration, key);
        return text is null ? null
            : Array.Find(choices, c => string.Equals(c, text, StringComparison.OrdinalIgnoreCase))
            ?? throw new FormatException($"{key} is '{text}', but has to be one of {string.Join(", ", choices)}.");
    }
}
