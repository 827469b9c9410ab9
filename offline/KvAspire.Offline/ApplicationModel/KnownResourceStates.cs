namespace Aspire.Hosting.ApplicationModel;

/// <summary>The states that a resource can be in.</summary>
public static class KnownResourceStates
{
    /// <summary>It waits to be started by somebody.</summary>
    public static readonly string NotStarted = nameof(NotStarted);

    /// <summary>It waits for another resource.</summary>
    public static readonly string Waiting = nameof(Waiting);

    /// <summary>Its process is about to start.</summary>
    public static readonly string Starting = nameof(Starting);

    /// <summary>Its process runs.</summary>
    public static readonly string Running = nameof(Running);

    /// <summary>Its process could not be started.</summary>
    public static readonly string FailedToStart = nameof(FailedToStart);

    /// <summary>Its process was asked to stop.</summary>
    public static readonly string Stopping = nameof(Stopping);

    /// <summary>Its container has ended. Only the real Aspire has those.</summary>
    public static readonly string Exited = nameof(Exited);

    /// <summary>Its process has ended, by itself, on request, or by a kill.</summary>
    public static readonly string Finished = nameof(Finished);

    /// <summary>The states in which nothing runs.</summary>
    public static readonly IReadOnlyList<string> TerminalStates = [Finished, FailedToStart, Exited];
}
