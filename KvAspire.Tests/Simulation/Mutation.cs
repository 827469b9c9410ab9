using KvAspire.Tests.Simulation.Rules;

namespace KvAspire.Tests.Simulation;

/// <summary>A cluster with a rule of its protocol broken, which the simulation must notice.</summary>
/// <param name="Name">The rule.</param>
/// <param name="Scenario">In which it shows.</param>
/// <param name="FirstSeed">A seed that is known to show it, or one shortly before.</param>
/// <param name="Rules">The rules without it.</param>
internal sealed record Mutation(string Name, Scenario Scenario, int FirstSeed, SimulatedRules Rules)
{
    /// <summary>Why no run has shown it yet, or none can: another rule stands in for it, say. Null if a run does.</summary>
    public string? Unseen { get; init; }

    /// <summary>Leads to the situation that the rule is for; null if runs that are drawn from their seeds come to it.</summary>
    public RuleScript? Script { get; init; }

    /// <summary>In which kind of run it shows, for people.</summary>
    public string Where => Script?.Situation ?? $"{Scenario}";

    public override string ToString() => Name;

    /// <summary>The first run that goes wrong, among the seeds from <paramref name="first"/> on; null if none does.</summary>
    /// <param name="first">The first seed.</param>
    /// <param name="seeds">How many.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    public SimulationResult? FindFailure(int first, int seeds, CancellationToken cancellationToken = default)
    {
        for (var seed = first; seed < first + seeds && !cancellationToken.IsCancellationRequested; seed++)
        {
            if (Run(seed) is { IsWrong: true } failed)
            {
                return failed;
            }
        }

        return null;
    }

    /// <summary>Null if the run did not come to the situation that the rule is for.</summary>
    private SimulationResult? Run(int seed) =>
        Script is null ? Simulation.Run(seed, Scenario, Rules)
        : Script.Run(seed, Rules) is { IsReached: true, Run: var run } ? run
        : null;
}
