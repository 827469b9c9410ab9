namespace KvAspire.Tests.Simulation;

/// <summary>What a run is about.</summary>
internal enum Scenario
{
    /// <summary>Whatever can go wrong, also at once: some keys cannot be served for a while, but no promise is broken.</summary>
    Anything,

    /// <summary>One node at a time fails, out of a cluster that is whole: then every operation is answered.</summary>
    OneNodeAtATime,
}
