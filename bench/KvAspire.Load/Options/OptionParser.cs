using System.Globalization;
using KvAspire.Load.Work;

namespace KvAspire.Load.Options;

/// <summary>Turns the command line into <see cref="LoadOptions"/>. Accepts <c>--name value</c> and <c>--name=value</c>.</summary>
internal static class OptionParser
{
    private static readonly HashSet<string> OnlyForStartedNodes =
        ["--nodes", "--port", "--balancer-port", "--engine", "--data", "--kill", "--join"];

    private static readonly HashSet<string> OnlyForJoins = ["--leave", "--rate", "--rest"];

    private static readonly HashSet<string> NotForChecks = ["--join", "--choice", "--mode", "--value-size", "--baseline", "--json"];

    private static readonly HashSet<string> NotForJoins = ["--kill", "--requests", "--duration", "--choice", "--mode"];

    /// <returns>The options; null if help was asked for.</returns>
    /// <exception cref="LoadException">An argument is unknown, malformed, or contradicts another.</exception>
    public static LoadOptions? Parse(IReadOnlyList<string> arguments)
    {
        var options = new LoadOptions { Seed = (ulong)Random.Shared.NextInt64(1, 1_000_000_000) };
        var given = new HashSet<string>();
        var rest = new Queue<string>(arguments);
        while (rest.TryDequeue(out var argument))
        {
            if (argument is "--help" or "-h" or "-?")
            {
                return null;
            }

            var equals = argument.IndexOf('=', StringComparison.Ordinal);
            var name = equals < 0 ? argument : argument[..equals];
            var inline = equals < 0 ? null : argument[(equals + 1)..];
            if (!given.Add(name))
            {
                throw new LoadException($"{name} is given twice.");
            }

            if (name is "--kill" or "--join" or "--leave" or "--check")
            {
                options = inline is null ? Switch(options, name) : throw new LoadException($"{name} takes no value.");
                continue;
            }

            options = Apply(options, name, () => inline ?? NextValue(name, rest));
        }

        Check(options, given);
        return options;
    }

    private static LoadOptions Switch(LoadOptions options, string name) => name switch
    {
        "--kill" => options with { Kill = true },
        "--join" => options with { Join = true },
        "--check" => options with { Check = true },
        _ => options with { Leave = true },
    };

    private static LoadOptions Apply(LoadOptions options, string name, Func<string> value) => name switch
    {
        "--url" => options with { Url = ParseUrl(value()) },
        "--nodes" => options with { Nodes = (int)ParseWhole(name, value(), 1, 100) },
        "--port" => options with { Port = (int)ParseWhole(name, value(), 1, 64_000) },
        "--balancer-port" => options with { BalancerPort = (int)ParseWhole(name, value(), 1, 65_535) },
        "--engine" => options with { Engine = ParseWord(name, value(), "RocksDb", "Memory") },
        "--data" => options with { DataDirectory = value() },
        "--choice" => options with { Choice = ParseEnum<KeyChoice>(name, value()) },
        "--mode" => options with { Mode = ParseEnum<LoadMode>(name, value()) },
        "--requests" => options with { Requests = ParseWhole(name, value(), 1, 1_000_000_000_000) },
        "--duration" => options with { Duration = ParseSeconds(name, value(), 0.1) },
        "--concurrency" => options with { Concurrency = (int)ParseWhole(name, value(), 1, 4096) },
        "--keys" => options with { Keys = (int)ParseWhole(name, value(), 1, 10_000_000) },
        "--value-size" => options with { ValueSize = (int)ParseWhole(name, value(), TestValue.SmallestSize, TestValue.LargestSize) },
        "--seed" => options with { Seed = (ulong)ParseWhole(name, value(), 0, long.MaxValue) },
        "--timeout" => options with { Timeout = ParseSeconds(name, value(), 0.1) },
        "--baseline" => options with { Baseline = ParseSeconds(name, value(), 0) },
        "--rate" => options with { Rate = (int)ParseWhole(name, value(), 1, 1_000_000) },
        "--rest" => options with { Rest = ParseSeconds(name, value(), 0.1) },
        "--history" => options with { HistoryFile = value() },
        "--check-file" => options with { CheckFile = value() },
        "--json" => options with { JsonFile = value() },
        _ => throw new LoadException($"Unknown argument '{name}'. --help lists those that exist."),
    };

    private static void Check(LoadOptions options, HashSet<string> given)
    {
        if (options.Url is not null && given.FirstOrDefault(OnlyForStartedNodes.Contains) is { } misplaced)
        {
            throw new LoadException($"{misplaced} is for nodes that the driver starts itself: leave it out, or leave out --url.");
        }

        if (given.FirstOrDefault((options.Join ? NotForJoins : OnlyForJoins).Contains) is { } stray)
        {
            throw new LoadException(options.Join ? $"{stray} does not go with --join." : $"{stray} is for --join only.");
        }

        if (options.Check && given.FirstOrDefault(NotForChecks.Contains) is { } alien)
        {
            throw new LoadException($"{alien} does not go with --check.");
        }

        if (options.HistoryFile is not null && !options.Check)
        {
            throw new LoadException("--history is for --check only.");
        }

        if (options.CheckFile is not null && given.Count > 1)
        {
            throw new LoadException("--check-file drives no store: give no other options.");
        }

        if (given.Contains("--requests") && given.Contains("--duration"))
        {
            throw new LoadException("Give --requests or --duration, not both.");
        }

        if (options.Kill && options.Nodes < 2)
        {
            throw new LoadException("--kill needs at least --nodes 2: the only copy of a key is not there while its node is down.");
        }
    }

    private static string NextValue(string name, Queue<string> rest) =>
        rest.TryDequeue(out var next) && !next.StartsWith("--", StringComparison.Ordinal)
            ? next
            : throw new LoadException($"{name} needs a value.");

    private static long ParseWhole(string name, string text, long from, long to) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= from && number <= to
            ? number
            : throw new LoadException($"{name} must be a whole number from {from} to {to}, not '{text}'.");

    private static TimeSpan ParseSeconds(string name, string text, double from) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds)
        && seconds >= from && seconds <= 86_400
            ? TimeSpan.FromSeconds(seconds)
            : throw new LoadException($"{name} must be a number of seconds from {from.ToString(CultureInfo.InvariantCulture)} to 86400, not '{text}'.");

    private static T ParseEnum<T>(string name, string text)
        where T : struct, Enum =>
        Enum.Parse<T>(ParseWord(name, text, Enum.GetNames<T>()));

    private static string ParseWord(string name, string text, params string[] words) =>
        words.FirstOrDefault(word => word.Equals(text, StringComparison.OrdinalIgnoreCase))
        ?? throw new LoadException($"{name} must be {string.Join(" or ", words.Select(word => word.ToLowerInvariant()))}, not '{text}'.");

    private static Uri ParseUrl(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"
            ? new Uri(url, url.AbsolutePath.EndsWith('/') ? "." : url.Segments[^1] + "/")
            : throw new LoadException($"--url must be an http or https address such as http://localhost:8081, not '{text}'.");
}
