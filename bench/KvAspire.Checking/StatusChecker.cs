namespace KvAspire.Checking;

/// <summary>Whether a status says of a key what the condition rules out: 201 says that it had no value before the write, 204 that it had one.</summary>
/// <remarks>
/// Only where the condition itself says it. A 201 to a write without one is recorded as one on the condition that there is no value. A 204 to it cannot
/// quite be relied on: a far end that has the write because its chain was levelled, and is asked for it then, does not know what was there before, and a
/// write that is merged with it shares its answer.
/// </remarks>
internal static class StatusChecker
{
    public static bool IsWrong(Operation operation) => operation.Kind switch
    {
        OperationKind.WriteIfAbsent => operation.Status == WriteStatus.NoContent,
        OperationKind.WriteIfExists or OperationKind.WriteIfMatch => operation.Status == WriteStatus.Created,
        _ => false,
    };
}
