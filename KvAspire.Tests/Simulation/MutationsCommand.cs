using System.Collections.Concurrent;
using System.Globalization;

namespace KvAspire.Tests.Simulation;

/// <summary>
/// Breaks one rule of the protocol after the other and says after how many seeds the simulation noticed, as a table in
/// Markdown.
/// </summary>
internal static class MutationsCommand
{
    private const string Help = """
        mutations: breaks each rule of the protocol and looks for a seed that shows it.

          --seeds N         how many seeds to try for each (2000)
          --first N         the first seed; 0 for the one that the tests begin with (1)
          --rule TEXT       only rules whose name contains the text, or one of several, separated by commas
          --scenario NAME   in this scenario instead of each one's own, or of the script that leads to what
                            the rule is for; "all" for each of them
          --threads N       rules at the same time (one for each core)

        Exit code: 0 if all were noticed, 1 if not, 2 for wrong arguments.
        """;

    public static async Task<int> RunAsync(string[] args)
    {
        if (args is ["--help" or "-h", ..])
        {
            Console.WriteLine(Help);
            return 0;
        }

        var (seeds, first, threads, rule) = (2_000, 1, Environment.ProcessorCount, "");
        Scenario[]? scenarios = null;
        for (var i = 0; i < args.Length; i += 2)
        {
            var value = i + 1 < args.Length ? args[i + 1] : "";
            var isRight = args[i] switch
            {
                "--seeds" => int.TryParse(value, CultureInfo.InvariantCulture, out seeds),
                "--first" => int.TryParse(value, CultureInfo.InvariantCulture, out first),
                "--threads" => int.TryParse(value, CultureInfo.InvariantCulture, out threads) && threads > 0,
                "--rule" => (rule = value).Length > 0,
                "--scenario" => (scenarios = ScenariosOf(value)) is not null,
                _ => false,
            };
            if (!isRight)
            {
                await Console.Error.WriteLineAsync($"Wrong: {args[i]} {value}\n\n{Help}");
                return 2;
            }
        }

        var mutations = Mutations.All
            .Where(m => rule.Split(',').Any(r => m.Name.Contains(r.Trim(), StringComparison.OrdinalIgnoreCase)))
            .SelectMany(m => scenarios is null ? [m] : scenarios.Select(s => m with { Scenario = s, Script = null }));
        return Search(new ConcurrentQueue<Mutation>(mutations), first, seeds, threads) ? 0 : 1;
    }

    private static Scenario[]? ScenariosOf(string name) =>
        name == "all" ? Enum.GetValues<Scenario>() : Enum.TryParse<Scenario>(name, true, out var one) ? [one] : null;

    private static bool Search(ConcurrentQueue<Mutation> left, int first, int seeds, int threads)
    {
        var gate = new Lock();
        var areAllFound = true;
        Console.WriteLine("| rule broken | scenario | noticed after | seed | as |\n|---|---|---|---|---|");
        var workers = Enumerable.Range(0, threads).Select(_ => new Thread(() =>
        {
            while (left.TryDequeue(out var mutation))
            {
                var from = first == 0 ? mutation.FirstSeed : first;
                var found = mutation.FindFailure(from, seeds);
                lock (gate)
                {
                    areAllFound &= found is not null || mutation.Unseen is not null;
                    Console.WriteLine(found is null
                        ? $"| {mutation.Name} | {mutation.Where} | **not within {seeds} seeds** | | {mutation.Unseen} |"
                        : $"| {mutation.Name} | {mutation.Where} | {found.Seed - from + 1} | {found.Seed} | {FirstLine(found.Failure!)} |");
                }
            }
        })).ToList();
        workers.ForEach(w => w.Start());
        workers.ForEach(w => w.Join());
        return areAllFound;
    }

    private static string FirstLine(string text) => text.Split('\n')[0].Replace('|', '/') is var line && line.Length > 130 ? line[..130] + "…" : text.Split('\n')[0];
}
