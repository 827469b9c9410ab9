namespace KvAspire.Tests.Simulation;

/// <summary>What came of a run.</summary>
/// <param name="Seed">Repeats it.</param>
/// <param name="Failure">Null if all was well.</param>
/// <param name="Scheduler">Ran it.</param>
/// <param name="Histories">What the clients were told.</param>
internal sealed record SimulationResult(int Seed, string? Failure, SimulatedScheduler Scheduler, Histories Histories)
{
    public ulong Hash => Scheduler.Log.Hash;

    public string Describe(int lines) =>
        $"Seed {Seed}: {Failure}\n\nThe last events:\n{string.Join("\n", Scheduler.Log.Tail(lines))}";
}
