using System.Text;
using KvAspire.Balancer.Cluster;

namespace KvAspire.Tests.Simulation;

/// <summary>
/// What is lost when all copies of a key lose power, and whether it may be. The cluster says so itself: a view notes the slot's reset. Then
/// clients go on with what the chain has kept of it, and nothing may be missing but what was acknowledged since that node had last
/// synced its disk; unless an operator gave up on a node that held more.
/// </summary>
/// <remarks>Without a reset nothing may be lost at all: the histories and <see cref="Invariants"/> show that.</remarks>
internal sealed class PowerLosses(Simulation simulation, Histories histories, int slots)
{
    private readonly Dictionary<string, int> _seen = [];

    /// <summary>For a node and slot, until when all was kept that the node held when it was last in sync.</summary>
    private readonly Dictionary<(string Node, int Slot), TimeSpan> _keptUntil = [];
    private readonly SlotPlacement?[] _placed = new SlotPlacement?[slots];
    private View? _view;

    /// <summary>Call after each step. What is wrong; null if nothing is.</summary>
    public string? Look()
    {
        foreach (var node in simulation.Nodes)
        {
            if (node.PowerLosses != _seen.GetValueOrDefault(node.Name))
            {
                _seen[node.Name] = node.PowerLosses;
                for (var slot = 0; slot < slots; slot++)
                {
                    _keptUntil.TryAdd((node.Name, slot), node.KeptUntil);
                }
            }
        }

        if (simulation.Serving() is not { } view || view == _view)
        {
            return null;
        }

        _view = view;
        return Enumerable.Range(0, slots).Where(view.IsServed).Select(s => Look(view, s)).ToList().Find(f => f is not null);
    }

    private string? Look(View view, int slot)
    {
        var (before, placed) = (_placed[slot], view.Slots[slot]);
        var chain = placed.Chain;
        _placed[slot] = placed;
        string? failure = null;
        if (placed.Reset != (before?.Reset ?? default))
        {
            // What only they held was given up.
            var areForgotten = before is not null && !before.Chain.Any(view.Members.ContainsKey);
            var holder = simulation.Nodes.Single(n => n.Name == chain[^1]);
            failure = histories.Keys.Where(k => Rendezvous.SlotOf(Encoding.UTF8.GetBytes(k), slots) == slot)
                .Select(k => Lose(k, slot, holder, view))
                .ToList().Find(f => f is not null && !areForgotten);
        }

        foreach (var node in simulation.Nodes.Where(n => chain.Contains(n.Name) && Invariants.IsCountedOn(n, view)))
        {
            _keptUntil.Remove((node.Name, slot));
        }

        return failure;
    }

    private string? Lose(string key, int slot, SimulatedNode holder, View view)
    {
        // A start that may lack views resets every slot, also those of nodes that have lost nothing.
        var keptUntil = _keptUntil.GetValueOrDefault((holder.Name, slot), TimeSpan.MaxValue);
        var isThere = holder.Disk.TryGet(slot, Encoding.UTF8.GetBytes(key), out var entry);
        var value = isThere && !entry.Tombstone ? Encoding.UTF8.GetString(entry.Value.Span) : null;
        var firstLost = histories.FirstMissing(key, isThere ? entry.Version : null);
        simulation.Scheduler.Log.Write("world", $"{key} goes on with {value ?? "nothing"} {entry.Version} of {holder.Name}");
        if (firstLost is not null)
        {
            simulation.Scheduler.Log.CountFault("acknowledged value lost with all copies");
        }

        histories.Lose(key, value, entry.Version, view.Epoch, simulation.Scheduler.Steps);
        return firstLost <= keptUntil
            ? $"{holder.Name} goes on with {entry.Version} of {key} in view {view.Epoch}; what was acknowledged at {firstLost} is lost, though all was kept until {keptUntil}"
            : null;
    }
}
