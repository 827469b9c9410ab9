using System.Diagnostics.CodeAnalysis;
using System.Text;
using KvAspire.Balancer.Cluster;
using KvAspire.Checking;
using KvAspire.Node.Storage;

namespace KvAspire.Tests.Simulation.Rules;

/// <summary>What a script does with the cluster, and what it can see of it.</summary>
/// <param name="simulation">The cluster.</param>
/// <param name="world">Plays the world.</param>
/// <param name="reached">Told when the situation is there.</param>
internal sealed class DirectedRun(Simulation simulation, SimulatedProcess world, Action reached)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private int _clients = 50;

    public Simulation Simulation => simulation;

    public List<SimulatedNode> Nodes => simulation.Nodes;

    /// <summary>The key that only the script works on.</summary>
    public string Key => simulation.ScriptKey!;

    private byte[] KeyBytes => Encoding.UTF8.GetBytes(Key);

    public int Slot => Rendezvous.SlotOf(KeyBytes, simulation.Options.SlotCount);

    /// <summary>The balancer that serves with a lease; null if none does.</summary>
    public SimulatedBalancer? Serving => simulation.Balancers.Find(IsServing);

    /// <summary>The view in force; null if there is none.</summary>
    public View? View => simulation.Serving();

    /// <summary>The key's chain in force; empty if there is none.</summary>
    public IReadOnlyList<string> Chain => View is { } view ? view.Slots[Slot].Chain : [];

    public SimulatedNode Node(string name) => Nodes.Single(n => n.Name == name);

    public SimulatedBalancer OtherThan(SimulatedBalancer balancer) => simulation.Balancers.Single(b => b != balancer);

    public static bool IsServing(SimulatedBalancer balancer) =>
        balancer is { IsUp: true, Coordinator: { HoldsLease: true, Serving: not null } };

    public bool IsDown(SimulatedNode node) => View is { } view && !view.IsUp(node.Name);

    /// <summary>What the node has of the key; null if nothing.</summary>
    public StoredEntry? EntryOn(SimulatedNode node) => node.Disk.TryGet(Slot, KeyBytes, out var entry) ? entry : null;

    /// <summary>The term of the view that the node has.</summary>
    public static uint Term(SimulatedNode node) => node.Core is { } core ? Epoch.Unpack(core.CurrentView.Epoch).Term : 0;

    public EntryVersion VersionOn(SimulatedNode node) => EntryOn(node)?.Version ?? default;

    /// <summary>The situation is there.</summary>
    public void Reach()
    {
        simulation.Scheduler.Log.Write("world", "the situation is reached");
        reached();
    }

    /// <summary>Cuts the links between two hosts, both ways. Call what it gives to heal them.</summary>
    public Action Cut(string one, string other)
    {
        simulation.Scheduler.Log.Write("world", $"nothing passes between {one} and {other}");
        var (there, back) = (simulation.Network.Cut(one, other), simulation.Network.Cut(other, one));
        return () =>
        {
            simulation.Scheduler.Log.Write("world", $"{one} and {other} reach each other again");
            simulation.Network.Heal(one, other, there);
            simulation.Network.Heal(other, one, back);
        };
    }

    /// <summary>
    /// Waits until something holds, and does something in that very step, before anybody else does anything.
    /// </summary>
    /// <exception cref="SituationNotReachedException">It does not hold within a minute.</exception>
    public async Task AtAsync(string what, Func<bool> holds, Action? act = null)
    {
        var seen = new TaskCompletionSource();
        simulation.Observer = () =>
        {
            if (holds())
            {
                simulation.Observer = null;
                simulation.Scheduler.Log.Write("world", $"seen: {what}");
                act?.Invoke();
                seen.TrySetResult();
            }
        };
        try
        {
            await seen.Task.WaitAsync(Patience, world.Time);
        }
        catch (TimeoutException)
        {
            throw new SituationNotReachedException(what);
        }
        finally
        {
            simulation.Observer = null;
        }
    }

    public Task PassAsync(double seconds) => Task.Delay(TimeSpan.FromSeconds(seconds), world.Time);

    /// <summary>Lets so many steps be taken, in no time.</summary>
    public static async Task StepAsync(int steps)
    {
        for (var i = 0; i < steps; i++)
        {
            await Task.Yield();
        }
    }

    /// <summary>The script has come to where it wants to be.</summary>
    /// <exception cref="SituationNotReachedException">It has not.</exception>
    public static void Require([DoesNotReturnIf(false)] bool holds, string what)
    {
        if (!holds)
        {
            throw new SituationNotReachedException(what);
        }
    }

    /// <summary>The cluster does what it is to do.</summary>
    /// <exception cref="PromiseBrokenException">It does not.</exception>
    public static void Demand([DoesNotReturnIf(false)] bool holds, string what)
    {
        if (!holds)
        {
            throw new PromiseBrokenException(what);
        }
    }

    /// <summary>One operation on the key, by a client of its own; what is asked after it begins after its end.</summary>
    public async Task<SimulatedClient.Answer> AskAsync(
        SimulatedBalancer balancer, OperationKind kind, string? value = null, SimulatedClient.Answer? expected = null, TimeSpan? ttl = null)
    {
        var client = new SimulatedClient(_clients++, world, simulation, Patience);
        var told = await client.AskAsync(balancer, Key, kind, value, expected?.Value, expected?.Version, ttl);
        await StepAsync(1);
        return told;
    }

    /// <summary>One operation on the key, of whoever serves. Gives the value that was written, with its version, or what was read.</summary>
    /// <exception cref="SituationNotReachedException">It is not done.</exception>
    public async Task<SimulatedClient.Answer> DoAsync(OperationKind kind, string? value = null, TimeSpan? ttl = null)
    {
        await AtAsync("somebody serves", () => Serving is not null);
        var told = await AskAsync(Serving!, kind, value, ttl: ttl);
        Require(told.Outcome == OperationOutcome.Ok, $"{kind} {value}: {told.Outcome} {told.Note}");
        return kind == OperationKind.Read ? told : told with { Value = value };
    }
}
