namespace KvAspire.Tests.Faults;

/// <summary>A fault that was done.</summary>
/// <param name="Number">Its number in the plan.</param>
/// <param name="Kind">What.</param>
/// <param name="What">In words.</param>
/// <param name="Start">When, in microseconds of the run's clock.</param>
/// <param name="OperationsBefore">How many operations had been recorded then.</param>
/// <param name="UnknownBefore">And how many of unknown outcome.</param>
internal sealed record FaultRecord(int Number, FaultKind Kind, string What, long Start, long OperationsBefore, long UnknownBefore);
