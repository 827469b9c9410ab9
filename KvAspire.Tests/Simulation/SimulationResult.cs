namespace KvAspire.Tests.Simulation;

/// <summary>What came of a run.</summary>
/// <param name="Seed">Repeats it.</param>
/// <param name="Failure">Null if all was well.</param>
/// <param name="Scheduler">Ran it.</param>
/// <param name="Histories">What the clients were told.</param>
internal sealed record SimulationResult(int Seed, string? Failure, SimulatedScheduler Scheduler, Histories Histories)
{
    /// <summary>What says that a run came to no end, or could not be judged. A rule that is broken may well have such a run, and it shows nothing of what it is for.</summary>
    private static readonly string[] NoAnswer =
    [
        "takes too long to tell", "does not end", "does not begin", "does not become whole", "cannot be read", "was not answered", "the run was another one", "did not come to its situation",
    ];

    /// <summary>A wrong answer, or a state that must not be; not one that is only waited for too long.</summary>
    public bool IsWrong => Failure is not null && !Array.Exists(NoAnswer, n => Failure.Contains(n, StringComparison.Ordinal));

    public ulong Hash => Scheduler.Log.Hash;

    public string Describe(int lines) =>
        $"Seed {Seed}: {Failure}\n\nThe last events:\n{string.Join("\n", Scheduler.Log.Tail(lines))}";
}
