using System.Text.Json;
using KvAspire.Checking.Recording;
using KvAspire.Tests.EndToEnd;

namespace KvAspire.Tests.Faults;

/// <summary>
/// Looks up whom a fault hits, and how it is done and made up for. Knows which processes should be running, and which are being hurt: two
/// faults never share a process, but any may overlap.
/// </summary>
/// <remarks>
/// What takes a copy away for good (an emptied directory, a forgotten node) waits until all else is made up for and the
/// store has all its copies: two copies lost are more than the store promises to bear. What comes afterwards may overlap with it
/// again, since a killed process keeps its data.
/// </remarks>
internal sealed partial class Injector(FaultyStore store, KeyRing keys, int nodes, Action<string> say, Action<string> trouble, CancellationToken cancelled)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private readonly Lock _lock = new();
    private readonly HashSet<string> _busy = [];
    private readonly HashSet<string> _leaving = [];
    private readonly HashSet<string> _present = [.. store.Nodes.Take(nodes)];
    private long _lastEnd;

    /// <summary>The nodes whose processes should run.</summary>
    public IReadOnlyList<string> Present
    {
        get
        {
            lock (_lock)
            {
                return [.. _present.Order(StringComparer.Ordinal)];
            }
        }
    }

    /// <summary>Processes that should be running, and that nobody hurts.</summary>
    public IReadOnlyList<string> Untouched
    {
        get
        {
            lock (_lock)
            {
                return [.. Present.Concat(FaultyStore.Balancers).Where(r => !_busy.Contains(r))];
            }
        }
    }

    /// <summary>Finds the target of a fault and keeps it from others.</summary>
    public async Task<Injection> PrepareAsync(PlannedFault fault)
    {
        var injection = await (fault.Kind switch
        {
            FaultKind.KillPrimary => KillReplicaAsync(fault, fromEnd: false),
            FaultKind.KillFarEnd => KillReplicaAsync(fault, fromEnd: true),
            FaultKind.PauseNode => OnNodeAsync(fault, Pause),
            FaultKind.StopNode => OnNodeAsync(fault, n => new Injection($"stop {n} in good order", [n], () => Processes.StopAsync(n), () => Processes.StartAsync(n))),
            FaultKind.KillCoordinator => OnBalancerAsync(isCoordinator: true, Kill),
            FaultKind.KillStandby => OnBalancerAsync(isCoordinator: false, Kill),
            FaultKind.PauseCoordinator => OnBalancerAsync(isCoordinator: true, Pause),
            FaultKind.StopCoordinator => OnBalancerAsync(isCoordinator: true, b => new Injection($"stop {b} in good order", [b], () => Processes.StopAsync(b), () => Processes.StartAsync(b))),
            FaultKind.KillEverything => Task.FromResult(KillEverything()),
            FaultKind.EmptyDirectory => EmptyDirectoryAsync(fault),
            FaultKind.FillDisk => FillDiskAsync(fault),
            FaultKind.AddNode => Task.FromResult(AddNode(fault)),
            FaultKind.RemoveNode => RemoveNodeAsync(fault),
            FaultKind.ForgetNode => ForgetNodeAsync(fault),
            FaultKind.CutLink => OnLinkAsync(fault, "cut", l => l.Mode = RelayMode.Cut, l => l.Mode = RelayMode.Open),
            FaultKind.StallLink => OnLinkAsync(fault, "stall", l => l.Mode = RelayMode.Stalled, l => l.Mode = RelayMode.Open),
            FaultKind.SlowLink => OnLinkAsync(fault, $"delay by {fault.Delay.TotalMilliseconds:0} ms", l => l.Delay = fault.Delay, l => l.Delay = TimeSpan.Zero),
            _ => throw new ArgumentOutOfRangeException(nameof(fault)),
        });
        lock (_lock)
        {
            _busy.UnionWith(injection.Targets);
        }

        return injection;
    }

    /// <summary>The fault is over, and others may have its targets.</summary>
    public void Release(Injection injection)
    {
        lock (_lock)
        {
            _busy.ExceptWith(injection.Targets);
            if (injection.Targets.Count > 0)
            {
                _lastEnd = Environment.TickCount64;
            }
        }
    }

    private RunningStore Processes => store.Processes;

    private Injection Kill(string resource) =>
        new($"kill {resource}", [resource], () => Processes.KillAsync(resource), () => Processes.StartAsync(resource));

    private Injection Pause(string resource) =>
        new($"pause {resource}", [resource], () => Processes.PauseAsync(resource), () => Processes.ResumeAsync(resource));

    private async Task<Injection> KillReplicaAsync(PlannedFault fault, bool fromEnd)
    {
        if (keys.SomeName(fault.Choice) is not { } key || await store.ServingAsync(Patience, cancelled) is not { } serving)
        {
            return Injection.LeftOut("nobody serves");
        }

        var chain = await store.ChainOfAsync(serving.Balancer, key);
        var node = chain.Count == 0 ? null : fromEnd ? chain[^1] : chain[0];
        return node is not null && IsFree(node) ? Kill(node) with { What = $"kill {node}, {(fromEnd ? "the far end" : "the primary")} of {key}" }
            : Injection.LeftOut($"{node ?? "the chain"} is in trouble already");
    }

    private Task<Injection> OnNodeAsync(PlannedFault fault, Func<string, Injection> what)
    {
        var free = Present.Where(IsFree).ToList();
        return Task.FromResult(free.Count == 0 ? Injection.LeftOut("every node is in trouble already") : what(fault.Choose(free)));
    }

    private async Task<Injection> OnBalancerAsync(bool isCoordinator, Func<string, Injection> what)
    {
        if (await store.ServingAsync(Patience, cancelled) is not { } serving)
        {
            return Injection.LeftOut("nobody serves");
        }

        var balancer = isCoordinator ? serving.Balancer : FaultyStore.Balancers.First(b => b != serving.Balancer);
        return IsFree(balancer) ? what(balancer) : Injection.LeftOut($"{balancer} is in trouble already");
    }

    private Injection KillEverything()
    {
        var all = Untouched;
        return all.Count == 0
            ? Injection.LeftOut("everything is in trouble already")
            : new Injection(
                $"kill {string.Join(", ", all)} at once",
                all,
                () => Task.WhenAll(all.Select(Processes.KillAsync)),
                () => Task.WhenAll(all.Select(Processes.StartAsync)));
    }

    private async Task<Injection> FillDiskAsync(PlannedFault fault)
    {
        var free = Present.Where(IsFree).ToList();
        if (free.Count == 0)
        {
            return Injection.LeftOut("every node is in trouble already");
        }

        var node = fault.Choose(free);
        var pid = await Processes.ProcessIdOf(node);
        return FileSizeLimit.CanBeSet(pid)
            ? new Injection($"fail every write of {node} to a file", [node], Fill, async () =>
            {
                if (await store.ServingAsync() is { } serving)
                {
                    say($"{node}, whose writes fail, is {(FaultyStore.Active(serving.Status).Contains(node) ? "still taken for well" : "down for the balancer")}");
                }

                // If it was still starting, it has ended already, since it could not open its database.
                if (Processes.IsRunning(node))
                {
                    await Processes.KillAsync(node);
                }

                await Processes.StartAsync(node);
            })
            : Injection.LeftOut("a write beyond the limit would end the process here: that is a kill");

        Task Fill()
        {
            FileSizeLimit.SetToZero(pid);
            return Task.CompletedTask;
        }
    }

    private async Task<Injection> OnLinkAsync(PlannedFault fault, string what, Action<TcpRelay> begin, Action<TcpRelay> end)
    {
        if (await store.ServingAsync(Patience, cancelled) is not { } serving)
        {
            return Injection.LeftOut("nobody serves");
        }

        var free = Present.Where(n => IsFree($"{serving.Balancer} – {n}")).ToList();
        if (free.Count == 0)
        {
            return Injection.LeftOut("every link is in trouble already");
        }

        var node = fault.Choose(free);
        var link = store.Link(serving.Balancer, node);
        return new Injection($"{what}: {serving.Balancer} – {node}", [$"{serving.Balancer} – {node}"], () => Do(begin), () => Do(end));

        Task Do(Action<TcpRelay> change)
        {
            change(link);
            return Task.CompletedTask;
        }
    }

    /// <summary>Starts again what has ended though nobody has hurt it, and tells of it: that must not happen.</summary>
    public async Task ReviveAsync()
    {
        foreach (var resource in Untouched.Where(r => !Processes.IsRunning(r)))
        {
            trouble($"{resource} has ended by itself.");
            await Processes.StartAsync(resource);
        }
    }

    private bool IsFree(string target)
    {
        lock (_lock)
        {
            return !_busy.Contains(target);
        }
    }

    /// <summary>
    /// Waits until nothing is broken and all copies are there, and gives the status that says so; null if that takes too
    /// long. Nobody begins a fault meanwhile.
    /// </summary>
    private async Task<JsonElement?> SettledAsync(TimeSpan patience)
    {
        // A balancer that is asked sooner might not have noticed the last fault yet.
        const long QuietMilliseconds = 2500;
        var end = Environment.TickCount64 + patience.TotalMilliseconds;
        while (Environment.TickCount64 < end)
        {
            cancelled.ThrowIfCancellationRequested();
            bool isQuiet;
            lock (_lock)
            {
                isQuiet = _busy.Count == 0 && Environment.TickCount64 - _lastEnd > QuietMilliseconds;
            }

            if (isQuiet && await store.ServingAsync() is { } serving && RunningStore.IsWhole(serving.Status)
                && Present.All(FaultyStore.Active(serving.Status).Contains))
            {
                return serving.Status;
            }

            await Task.Delay(100, cancelled);
        }

        return null;
    }
}
