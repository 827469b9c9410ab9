using System.Text;
using KvAspire.Balancer.Cluster;

namespace KvAspire.Tests.Simulation.Moves;

/// <summary>A slot that a node's coming or going moves.</summary>
/// <param name="Slot">The slot; one of the clients' keys is in it.</param>
/// <param name="Target">Who gets it.</param>
/// <param name="OldOwner">Who gives it away.</param>
internal sealed record MovePlan(int Slot, string Target, string OldOwner)
{
    private const string Spare = "spare";

    /// <summary>What moves in a simulation that has not begun; null if none of its keys does, or its nodes are too few.</summary>
    public static MovePlan? Of(Simulation simulation, MoveKind kind)
    {
        var copies = simulation.Options.ReplicationFactor;
        string[] before = [.. simulation.Nodes.Select(n => n.Name)];
        if (before.Length <= copies)
        {
            return null;
        }

        foreach (var key in simulation.Histories.Keys)
        {
            var slot = Rendezvous.SlotOf(Encoding.UTF8.GetBytes(key), simulation.Options.SlotCount);
            var home = Rendezvous.Rank(slot, before).Take(copies).ToList();
            var leaving = home[simulation.Scheduler.Random.Next(copies)];
            string[] after = kind == MoveKind.Join
                ? [.. before, Spare]
                : [.. before.Where(n => n != leaving)];
            var next = Rendezvous.Rank(slot, after).Take(copies).ToList();
            if (next.Except(home).SingleOrDefault() is { } target)
            {
                return new MovePlan(slot, target, home.Except(next).Single());
            }
        }

        return null;
    }
}
