using System.Net;

namespace KvAspire.Tests.Faults;

/// <summary>What changes the members, or costs a copy.</summary>
internal sealed partial class Injector
{
    /// <summary>With fewer members than this none is taken away.</summary>
    private const int FewestMembers = 4;

    private static readonly TimeSpan SettlePatience = TimeSpan.FromSeconds(25);

    /// <summary>How long an operator's wish is repeated until it is answered.</summary>
    private static readonly TimeSpan WishPatience = TimeSpan.FromMinutes(3);

    /// <summary>Has every node that should be one become a member.</summary>
    public async Task AddMissingAsync()
    {
        if (await store.ServingAsync(Patience, cancelled) is { } serving)
        {
            foreach (var node in Present.Except(FaultyStore.Members(serving.Status)))
            {
                await JoinAsync(node);
            }
        }
    }

    private async Task<Injection> EmptyDirectoryAsync(PlannedFault fault)
    {
        if (await SettledAsync(SettlePatience) is null)
        {
            return Injection.LeftOut("the store did not get all its copies in time");
        }

        var free = Present.Except(_leaving).ToList();
        if (free.Count == 0)
        {
            return Injection.LeftOut("every node is leaving");
        }

        var node = fault.Choose(free);
        return new Injection($"kill {node} and empty its directory", [node], () => LoseAsync(node), () => Processes.StartAsync(node));
    }

    private async Task LoseAsync(string node)
    {
        await Processes.KillAsync(node);
        Directory.Delete(Processes.DataOf(node), recursive: true);
    }

    private Injection AddNode(PlannedFault fault)
    {
        var absent = store.Nodes.Except(Present).Where(IsFree).ToList();
        if (absent.Count == 0)
        {
            return Injection.LeftOut("every node is there already");
        }

        var node = fault.Choose(absent);
        return new Injection($"start and add {node}", [node], () => StartEmptyAsync(node), () => JoinAsync(node));
    }

    private async Task StartEmptyAsync(string node)
    {
        if (Directory.Exists(Processes.DataOf(node)))
        {
            Directory.Delete(Processes.DataOf(node), recursive: true);
        }

        await Processes.StartAsync(node);
        lock (_lock)
        {
            _present.Add(node);
        }
    }

    private Task JoinAsync(string node) => InsistAsync($"add {node}", async serving =>
    {
        var answer = await store.AskAsync(serving, HttpMethod.Post, "/cluster/nodes", new { name = node });

        // It may have become a member by itself, or with a wish whose answer was lost.
        return answer == HttpStatusCode.Accepted
            || (answer == HttpStatusCode.Conflict && await store.ServingAsync() is { } now && FaultyStore.Members(now.Status).Contains(node));
    });

    private async Task<Injection> RemoveNodeAsync(PlannedFault fault)
    {
        if (await store.ServingAsync(Patience, cancelled) is not { } serving)
        {
            return Injection.LeftOut("nobody serves");
        }

        var members = FaultyStore.Active(serving.Status).Intersect(Present).Except(_leaving).Where(IsFree).ToList();
        if (members.Count < FewestMembers)
        {
            return Injection.LeftOut("too few nodes");
        }

        var node = fault.Choose(members);
        return new Injection($"remove {node} for good", [], () => AskToLeaveAsync(node), () => LeaveAsync(node));
    }

    private Task AskToLeaveAsync(string node)
    {
        lock (_lock)
        {
            _leaving.Add(node);
        }

        return Task.CompletedTask;
    }

    /// <summary>Others may hurt the node while it gives its slots away; when it holds nothing any more, it is stopped.</summary>
    private async Task LeaveAsync(string node)
    {
        await InsistAsync($"remove {node}", async serving =>
            await store.AskAsync(serving, HttpMethod.Delete, $"/cluster/nodes/{node}") is HttpStatusCode.Accepted or HttpStatusCode.NotFound);
        await InsistAsync($"see {node} leave", async _ => await store.ServingAsync() is { } now && !FaultyStore.Members(now.Status).Contains(node));
        while (!TryTakeOut(node))
        {
            await Task.Delay(100, cancelled);
        }

        await Processes.StopAsync(node);
        lock (_lock)
        {
            _busy.Remove(node);
            _leaving.Remove(node);
        }
    }

    private bool TryTakeOut(string node)
    {
        lock (_lock)
        {
            return _busy.Add(node) && (_present.Remove(node) || true);
        }
    }

    private async Task<Injection> ForgetNodeAsync(PlannedFault fault)
    {
        if (await SettledAsync(SettlePatience) is not { } status)
        {
            return Injection.LeftOut("the store did not get all its copies in time");
        }

        var members = FaultyStore.Active(status).Intersect(Present).Except(_leaving).ToList();
        if (members.Count < FewestMembers)
        {
            return Injection.LeftOut("too few nodes");
        }

        var node = fault.Choose(members);
        return new Injection($"kill {node} and forget it", [node], () => GiveUpAsync(node), () => ForgetAsync(node));
    }

    private async Task GiveUpAsync(string node)
    {
        await LoseAsync(node);
        lock (_lock)
        {
            _present.Remove(node);
        }
    }

    private Task ForgetAsync(string node) => InsistAsync($"forget {node}", async serving =>
        await store.AskAsync(serving, HttpMethod.Post, $"/cluster/nodes/{node}/forget") is HttpStatusCode.Accepted or HttpStatusCode.NotFound);

    /// <summary>Repeats a wish to whoever serves until it is granted.</summary>
    private async Task InsistAsync(string wish, Func<string, Task<bool>> askAsync)
    {
        var end = Environment.TickCount64 + WishPatience.TotalMilliseconds;
        while (Environment.TickCount64 < end)
        {
            if (await store.ServingAsync(Patience, cancelled) is { } serving && await askAsync(serving.Balancer))
            {
                return;
            }

            await Task.Delay(250, cancelled);
        }

        trouble($"Could not {wish} within {WishPatience.TotalMinutes:0} minutes.");
    }
}
