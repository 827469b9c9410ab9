namespace KvAspire.Load;

/// <summary>What the driver's exit code says.</summary>
internal static class ExitCode
{
    /// <summary>Every request was answered, and every answer was right.</summary>
    public const int AllWell = 0;

    /// <summary>At least one answer was wrong: stale, lost or corrupt.</summary>
    public const int WrongAnswer = 1;

    /// <summary>The arguments are wrong, or the store could not be started or reached.</summary>
    public const int NotStarted = 2;

    /// <summary>No answer was wrong, but requests failed, a process ended by itself or copies did not come back.</summary>
    public const int Failed = 3;

    /// <summary>Stopped by Ctrl+C before the end, and nothing wrong until then.</summary>
    public const int Interrupted = 130;
}
