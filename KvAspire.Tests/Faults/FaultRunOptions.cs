using System.Globalization;

namespace KvAspire.Tests.Faults;

/// <summary>How long the store is hurt, and how.</summary>
internal sealed record FaultRunOptions
{
    public const string Help = """
        Runs the store as real processes (two balancers, four nodes, two spares), hurts them by a plan that is drawn from a seed, and checks
        that what the clients saw is linearizable.

        dotnet run -c Release --project KvAspire.Tests -- faults [options]

          --time T      how long, as 90s, 30m or 1h (30m)
          --seed N      decides which faults come, when, and what the clients ask for (1)
          --gap T       the time between two faults, on average (4s)
          --clients N   clients at a time (16)
          --rate N      operations a second at most (1200)
          --output DIR  takes history.jsonl, events.txt and table.md (artifacts/faults-SEED)

        Exit code: 0 all well; 1 something contradicts the promise, an answer is none of the API's, a key could not be checked, or the store did
        not heal; 2 wrong arguments.
        """;

    public TimeSpan Time { get; init; } = TimeSpan.FromMinutes(30);

    public int Seed { get; init; } = 1;

    public TimeSpan Gap { get; init; } = TimeSpan.FromSeconds(4);

    public int Clients { get; init; } = 16;

    public int Rate { get; init; } = 1200;

    /// <summary>Goes on after its time until so many faults of the plan have come.</summary>
    public int AtLeastFaults { get; init; }

    /// <summary>Null for nowhere.</summary>
    public string? Output { get; init; }

    /// <exception cref="ArgumentException">An argument is unknown or malformed; says which.</exception>
    public static FaultRunOptions Parse(string[] args)
    {
        var options = new FaultRunOptions();
        for (var i = 0; i < args.Length; i += 2)
        {
            var (name, value) = (args[i], i + 1 < args.Length ? args[i + 1] : throw new ArgumentException($"{args[i]} needs a value. --help lists the options."));
            options = name switch
            {
                "--time" => options with { Time = Duration(name, value) },
                "--seed" => options with { Seed = Whole(name, value) },
                "--gap" => options with { Gap = Duration(name, value) },
                "--clients" => options with { Clients = Whole(name, value) },
                "--rate" => options with { Rate = Whole(name, value) },
                "--output" => options with { Output = value },
                _ => throw new ArgumentException($"Unknown option '{name}'. --help lists those that exist."),
            };
        }

        return options with { Output = options.Output ?? Path.Combine("artifacts", string.Create(CultureInfo.InvariantCulture, $"faults-{options.Seed}")) };
    }

    private static int Whole(string name, string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0
            ? number
            : throw new ArgumentException($"{name} must be a whole number from 1 on, not '{text}'.");

    private static TimeSpan Duration(string name, string text)
    {
        var unit = text.Length == 0 ? 0 : text[^1] switch { 's' => 1, 'm' => 60, 'h' => 3600, _ => 0 };
        return unit > 0 && double.TryParse(text[..^1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var count) && count * unit is > 0 and <= 86_400
            ? TimeSpan.FromSeconds(count * unit)
            : throw new ArgumentException($"{name} must be a time such as 90s, 30m or 1h, not '{text}'.");
    }
}
