namespace KvAspire.Tests.Faults;

/// <summary>A fault that knows whom it hits; or why it cannot be done now.</summary>
/// <param name="What">What is done, in words.</param>
/// <param name="Targets">The processes and links that nobody else may hurt meanwhile.</param>
/// <param name="BeginAsync">Does it; null if it is left out.</param>
/// <param name="EndAsync">Makes up for it, after its time.</param>
internal sealed record Injection(string What, IReadOnlyList<string> Targets, Func<Task>? BeginAsync, Func<Task> EndAsync)
{
    public static Injection LeftOut(string why) => new(why, [], null, static () => Task.CompletedTask);
}
