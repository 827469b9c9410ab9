using System.Collections.Concurrent;
using System.Globalization;

namespace KvAspire.Balancer.Cluster;

/// <summary>
/// The order of a set of nodes for each slot, worked out once: every plan asks for all slots, mostly for the same nodes.
/// Immutable.
/// </summary>
internal sealed class Ranking
{
    /// <summary>Sets of nodes that are remembered: a cluster has few at a time.</summary>
    private const int Remembered = 64;

    private static readonly ConcurrentDictionary<string, Ranking> Known = new(StringComparer.Ordinal);

    private readonly string[] _ranked;
    private readonly int _nodes;

    private Ranking(string[] nodes, int slots)
    {
        _nodes = nodes.Length;
        _ranked = new string[slots * _nodes];
        for (var slot = 0; slot < slots; slot++)
        {
            Rendezvous.Rank(slot, nodes).CopyTo(_ranked, slot * _nodes);
        }
    }

    /// <param name="nodes">Names, each once, in any order.</param>
    /// <param name="slots">How many there are.</param>
    public static Ranking Of(IEnumerable<string> nodes, int slots)
    {
        string[] names = [.. nodes.Order(StringComparer.Ordinal)];

        // A name holds no slash.
        var key = string.Join('/', names.Append(slots.ToString(CultureInfo.InvariantCulture)));
        if (!Known.TryGetValue(key, out var ranking))
        {
            ranking = new Ranking(names, slots);
            if (Known.Count >= Remembered)
            {
                Known.Clear();
            }

            Known[key] = ranking;
        }

        return ranking;
    }

    /// <summary>All nodes, by falling weight for the slot.</summary>
    public ReadOnlySpan<string> this[int slot] => _ranked.AsSpan(slot * _nodes, _nodes);

    /// <summary>The first nodes for the slot; fewer if there are no more.</summary>
    public ReadOnlySpan<string> First(int slot, int count) => _ranked.AsSpan(slot * _nodes, Math.Min(count, _nodes));

    /// <summary>The nodes stand in ranked order, each of them being one of the set.</summary>
    public bool IsInOrder(int slot, ReadOnlySpan<string> nodes)
    {
        var next = 0;
        foreach (var node in this[slot])
        {
            if (next < nodes.Length && nodes[next] == node)
            {
                next++;
            }
        }

        return next == nodes.Length;
    }
}
