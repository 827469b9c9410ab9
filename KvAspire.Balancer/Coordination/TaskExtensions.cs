namespace KvAspire.Balancer.Coordination;

/// <summary>Ways to wait.</summary>
internal static class TaskExtensions
{
    /// <summary>
    /// The same task, completing in the caller's synchronization context if there is one. Combinations such as
    /// <see cref="Task.WhenAny(Task[])"/> and <see cref="Task.WaitAsync(CancellationToken)"/> would otherwise run on
    /// the thread pool whenever the source of the task runs continuations asynchronously.
    /// </summary>
    public static async Task InContext(this Task task) => await task;

    /// <inheritdoc cref="InContext(Task)"/>
    public static async Task<T> InContext<T>(this Task<T> task) => await task;
}
