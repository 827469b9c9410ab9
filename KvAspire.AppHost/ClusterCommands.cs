using Microsoft.Extensions.DependencyInjection;

namespace KvAspire.AppHost;

/// <summary>What can be done to the cluster from the dashboard, or from a test by the command's name.</summary>
internal static class ClusterCommands
{
    /// <summary>Kills a node or a balancer as a crash would.</summary>
    public const string Kill = "kill";

    /// <summary>Makes a node or a balancer stall.</summary>
    public const string Pause = "pause";

    /// <summary>Ends a stall.</summary>
    public const string Resume = "resume";

    /// <summary>Drains a node and removes it for good.</summary>
    public const string Remove = "remove";

    /// <summary>Starts the next spare and adds it to the cluster.</summary>
    public const string AddNode = "add-node";

    private static readonly HttpClient s_http = new() { Timeout = TimeSpan.FromSeconds(15) };

    /// <summary>Declares the commands of all resources.</summary>
    public static void AddCommands(
        this IReadOnlyList<IResourceBuilder<ProjectResource>> balancers,
        IReadOnlyList<IResourceBuilder<ProjectResource>> nodes,
        IReadOnlyList<IResourceBuilder<ProjectResource>> spares)
    {
        var api = new ClusterApi([.. balancers.Select(AddressOf)], s_http);
        foreach (var service in nodes.Concat(spares).Concat(balancers))
        {
            service
                .WithProcessCommand(Kill, "Kill", "End the process at once, as a crash would.", "Flash", ResourceProcess.KillAsync)
                .WithProcessCommand(Pause, "Pause", "Stop the process's clock: it keeps its connections and answers nothing.", "Pause", ResourceProcess.PauseAsync)
                .WithProcessCommand(Resume, "Resume", "Let a paused process go on.", "Play", ResourceProcess.ResumeAsync);
        }

        foreach (var node in nodes.Concat(spares))
        {
            node.WithCommand(Remove, "Remove for good", c => api.RemoveAsync(node.Resource.Name, c.CancellationToken), new CommandOptions
            {
                Description = "Move the node's slots to others, then take it out of the cluster.",
                ConfirmationMessage = $"Remove {node.Resource.Name} from the cluster for good?",
                IconName = "Delete",
                UpdateState = WhileRunning,
            });
        }

        foreach (var balancer in balancers)
        {
            balancer.WithCommand(AddNode, "Add the next spare", c => AddNextSpareAsync(c, spares, api), new CommandOptions
            {
                Description = "Start the next spare node and let the cluster move slots to it.",
                IconName = "Add",
                IsHighlighted = true,
                UpdateState = WhileRunning,
            });
        }
    }

    private static BalancerAddress AddressOf(IResourceBuilder<ProjectResource> balancer)
    {
        var endpoint = balancer.GetEndpoint("http");
        return new BalancerAddress(balancer.Resource.Name, () => endpoint.Url);
    }

    private static async Task<ExecuteCommandResult> AddNextSpareAsync(
        ExecuteCommandContext context, IReadOnlyList<IResourceBuilder<ProjectResource>> spares, ClusterApi api)
    {
        var notifications = context.Services.GetRequiredService<ResourceNotificationService>();
        var commands = context.Services.GetRequiredService<ResourceCommandService>();
        var next = spares.Select(s => s.Resource.Name).FirstOrDefault(IsNotStarted);
        if (next is null)
        {
            return CommandResults.Failure("Every spare has been started: start the AppHost with more of them (--spares).");
        }

        var started = await commands.ExecuteCommandAsync(next, KnownResourceCommands.StartCommand, context.CancellationToken);
        if (!started.Success)
        {
            return started;
        }

        var reached = await notifications.WaitForResourceAsync(
            next, [KnownResourceStates.Running, .. KnownResourceStates.TerminalStates], context.CancellationToken);
        if (reached != KnownResourceStates.Running)
        {
            return CommandResults.Failure($"{next} did not start ({reached}): its log says why.");
        }

        return await api.AddAsync(next, context.CancellationToken);

        bool IsNotStarted(string name) =>
            notifications.TryGetCurrentState(name, out var state) && state.Snapshot.State?.Text == KnownResourceStates.NotStarted;
    }

    private static IResourceBuilder<ProjectResource> WithProcessCommand(
        this IResourceBuilder<ProjectResource> service,
        string name,
        string displayName,
        string description,
        string icon,
        Func<ResourceEvent, CancellationToken, Task> run) =>
        service.WithCommand(
            name,
            displayName,
            async c =>
            {
                if (!c.Services.GetRequiredService<ResourceNotificationService>().TryGetCurrentState(c.ResourceName, out var resource))
                {
                    return CommandResults.Failure($"{c.ResourceName} is not known.");
                }

                await run(resource, c.CancellationToken);
                return CommandResults.Success();
            },
            new CommandOptions { Description = description, IconName = icon, UpdateState = WhileRunning });

    private static ResourceCommandState WhileRunning(UpdateCommandStateContext context) =>
        context.ResourceSnapshot.State?.Text == KnownResourceStates.Running ? ResourceCommandState.Enabled : ResourceCommandState.Disabled;
}
