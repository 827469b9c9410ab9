using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;

namespace KvAspire.Offline;

/// <summary>The commands that every resource has.</summary>
internal static class LifecycleCommands
{
    public static void AddTo(IResource resource)
    {
        Add(KnownResourceCommands.StartCommand, "Start", "Play", (o, id, ct) => o.StartResourceAsync(id, ct), s => IsStopped(s));
        Add(KnownResourceCommands.StopCommand, "Stop", "Stop", (o, id, ct) => o.StopResourceAsync(id, ct), s => s == KnownResourceStates.Running);
        Add(KnownResourceCommands.RestartCommand, "Restart", "ArrowCounterclockwise", RestartAsync, s => s == KnownResourceStates.Running);

        void Add(string name, string displayName, string icon, Func<Orchestrator, string, CancellationToken, Task> run, Func<string?, bool> enabled) =>
            resource.Annotations.Add(new CommandAnnotation(
                name,
                displayName,
                async c =>
                {
                    await run(c.Services.GetRequiredService<Orchestrator>(), c.ResourceName, c.CancellationToken).ConfigureAwait(false);
                    return CommandResults.Success();
                },
                new CommandOptions
                {
                    IconName = icon,
                    IsHighlighted = name != KnownResourceCommands.RestartCommand,
                    UpdateState = c => enabled(c.ResourceSnapshot.State?.Text) ? ResourceCommandState.Enabled : ResourceCommandState.Hidden,
                }));
    }

    private static bool IsStopped(string? state) =>
        state == KnownResourceStates.NotStarted || KnownResourceStates.TerminalStates.Contains(state);

    private static async Task RestartAsync(Orchestrator orchestrator, string id, CancellationToken cancellationToken)
    {
        await orchestrator.StopResourceAsync(id, cancellationToken).ConfigureAwait(false);
        await orchestrator.StartResourceAsync(id, cancellationToken).ConfigureAwait(false);
    }
}
