namespace KvAspire.Tests.Simulation.Rules;

/// <summary>What came of a directed run.</summary>
/// <param name="Run">The run, judged as any other.</param>
/// <param name="IsReached">It came to the situation that it is about. If not, it says nothing.</param>
internal sealed record RuleResult(SimulationResult Run, bool IsReached);
