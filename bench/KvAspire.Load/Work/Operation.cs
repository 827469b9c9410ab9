namespace KvAspire.Load.Work;

internal enum OperationKind
{
    Set,
    Get,
    Delete,
}

/// <summary>One request to make.</summary>
/// <param name="Kind">What to do.</param>
/// <param name="Key">Which of the worker's own keys, from 0.</param>
internal readonly record struct Operation(OperationKind Kind, int Key);
