namespace KvAspire.Tests.Simulation.Rules;

/// <summary>A directed run did not come to the situation that it is about, so it says nothing of the rule.</summary>
/// <param name="what">What was not seen.</param>
internal sealed class SituationNotReachedException(string what) : Exception($"the situation was not reached: {what}");
