namespace KvAspire.Checking;

/// <summary>Whether a status says of a key what the condition rules out: 201 says that it had no value before the write, 204 that it had one.</summary>
/// <remarks>
/// Only where the condition itself says it. To a write without one, or on the condition that the key has another value, neither status can be
/// relied on. When an answer within the store is lost, the far end of the chain is asked again, finds the write itself, and answers for what that stored: 204, though the
/// key was new; or, if the value was for a time that had run out before it was stored, 201, though another one was there. Writes that are merged
/// with such a one share its answer.
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
