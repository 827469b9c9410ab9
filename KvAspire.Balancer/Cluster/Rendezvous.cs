using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;

namespace KvAspire.Balancer.Cluster;

/// <summary>
/// Which slot a key belongs to, and which nodes a slot belongs to: rendezvous (highest random weight) hashing, Thaler
/// and Ravishankar 1998.
/// </summary>
/// <remarks>
/// Each node has a pseudo-random weight for each slot, and a slot's home is the nodes with the highest weights. A node
/// that comes or goes therefore changes only the slots it is among the first for: about copies/nodes of them.
/// </remarks>
internal static class Rendezvous
{
    /// <summary>The slot of a key, from 0 on.</summary>
    /// <param name="key">UTF-8 bytes.</param>
    /// <param name="slots">How many there are.</param>
    public static int SlotOf(ReadOnlySpan<byte> key, int slots = View.SlotCount) => (int)(XxHash3.HashToUInt64(key) % (uint)slots);

    /// <summary>The nodes by falling weight for the slot; ties (there are none in practice) by name. See <see cref="Ranking"/> for all slots.</summary>
    public static string[] Rank(int slot, IEnumerable<string> nodes) =>
        [.. nodes.OrderByDescending(n => Weight(slot, n)).ThenBy(n => n, StringComparer.Ordinal)];

    private static ulong Weight(int slot, string node)
    {
        Span<byte> input = stackalloc byte[4 + Encoding.UTF8.GetMaxByteCount(64)];
        BinaryPrimitives.WriteInt32LittleEndian(input, slot);
        var length = Encoding.UTF8.GetBytes(node, input[4..]);
        return XxHash3.HashToUInt64(input[..(4 + length)]);
    }
}
