using System.Globalization;

namespace KvAspire.Tests.Simulation.Campaigns;

/// <summary>Which runs to do, and what to say about them.</summary>
internal sealed record CampaignOptions
{
    public const string Help = """
        simulate: runs the simulated cluster under faults. Every run follows from its seed and its scenario.

          --seeds N         how many seeds, each in each of the scenarios (1000)
          --first N         the first seed (1)
          --scenario NAME   one of {0}; may be given more than once (all of them)
          --threads N       runs at the same time (one for each core)
          --events N        how many of the last events of a failed run to print (0)
          --json FILE       writes the summary there

        Exit code: 0 if all runs were well, 1 if one failed, 2 for wrong arguments. Ctrl+C ends it with the summary so far.
        """;

    public int Seeds { get; init; } = 1_000;

    public int First { get; init; } = 1;

    /// <summary>Every seed is run in each of them.</summary>
    public IReadOnlyList<Scenario> Scenarios { get; init; } = [];

    public int Threads { get; init; } = Environment.ProcessorCount;

    public int Events { get; init; }

    /// <summary>Null: nowhere.</summary>
    public string? JsonFile { get; init; }

    public long Runs => (long)Seeds * Scenarios.Count;

    /// <summary>The run with this number, from 0.</summary>
    public (int Seed, Scenario Scenario) Run(long number) =>
        (First + (int)(number / Scenarios.Count), Scenarios[(int)(number % Scenarios.Count)]);

    /// <exception cref="ArgumentException">An option is unknown or has a wrong value; says which.</exception>
    public static CampaignOptions Parse(IReadOnlyList<string> args)
    {
        var options = new CampaignOptions();
        for (var i = 0; i < args.Count; i += 2)
        {
            var value = i + 1 < args.Count ? args[i + 1] : throw new ArgumentException($"{args[i]} needs a value, or is no option.");
            options = args[i] switch
            {
                "--seeds" => options with { Seeds = Number(args[i], value, 1) },
                "--first" => options with { First = Number(args[i], value, 0) },
                "--scenario" => options with { Scenarios = [.. options.Scenarios, Named(value)] },
                "--threads" => options with { Threads = Number(args[i], value, 1) },
                "--events" => options with { Events = Number(args[i], value, 0) },
                "--json" => options with { JsonFile = value },
                _ => throw new ArgumentException($"There is no option {args[i]}."),
            };
        }

        return options.Scenarios.Count > 0 ? options : options with { Scenarios = Enum.GetValues<Scenario>() };
    }

    private static int Number(string option, string value, int least) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least
            ? number
            : throw new ArgumentException($"{option} takes a whole number from {least} on, not \"{value}\".");

    private static Scenario Named(string value) =>
        Enum.TryParse<Scenario>(value, ignoreCase: true, out var scenario) && Enum.IsDefined(scenario)
            ? scenario
            : throw new ArgumentException($"There is no scenario \"{value}\", but {string.Join(", ", Enum.GetNames<Scenario>())}.");
}
