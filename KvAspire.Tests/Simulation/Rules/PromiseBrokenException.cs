namespace KvAspire.Tests.Simulation.Rules;

/// <summary>In the situation that a directed run is about the cluster did not do what it is to do.</summary>
/// <param name="what">What is wrong.</param>
internal sealed class PromiseBrokenException(string what) : Exception(what);
