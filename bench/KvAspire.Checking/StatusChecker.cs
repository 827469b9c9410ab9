namespace KvAspire.Checking;

/// <summary>Whether a status says of a key what the condition rules out: 201 says that it had no value before the write, 204 that it had one.</summary>
/// <remarks>
/// Only where the condition itself says it. To a write without one, or on the condition that the key has another value, neither status can quite be
/// relied on: a far end that has the write because its chain was levelled, and is asked for it then, does not know what was there before. Writes that are
/// merged with such a one share its answer.
/// </remarks>
internal static class StatusChecker
{
    private const int Created = 201;
    private const int NoContent = 204;

    public static bool IsWrong(Operation operation) => operation.Kind switch
    {
        OperationKind.WriteIfAbsent => operation.Status == NoContent,
        OperationKind.WriteIfExists or OperationKind.WriteIfMatch => operation.Status == Created,
        _ => false,
    };
}
