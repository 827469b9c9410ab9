using System.Text;
using KvAspire.Balancer.Cluster;

namespace KvAspire.Tests.Cluster;

public sealed class RendezvousTests
{
    /// <summary>Deviations beyond this many standard deviations do not happen to a fair hash with a fixed input.</summary>
    private const double Sigmas = 4;

    public static TheoryData<int> ClusterSizes => [.. Enumerable.Range(3, 8)];

    [Theory]
    [MemberData(nameof(ClusterSizes))]
    public void Rank_ManySlots_GivesEveryNodeItsShare(int nodes)
    {
        var names = Names(nodes);
        foreach (var copies in new[] { 1, 2 })
        {
            var counts = Enumerable.Range(0, View.SlotCount)
                .SelectMany(slot => Rendezvous.Rank(slot, names).Take(copies))
                .CountBy(n => n)
                .ToDictionary();

            // Each slot is a Bernoulli trial for a node: it is at home there, or not.
            var p = (double)copies / nodes;
            var allowed = Sigmas * Math.Sqrt(View.SlotCount * p * (1 - p));
            Assert.Equal(nodes, counts.Count);
            Assert.All(counts.Values, c => Assert.InRange(c, (View.SlotCount * p) - allowed, (View.SlotCount * p) + allowed));
        }
    }

    [Fact]
    public void SlotOf_ManyKeys_FillsSlotsEvenly()
    {
        const int keysPerSlot = 100;
        var counts = Enumerable.Range(0, View.SlotCount * keysPerSlot)
            .Select(i => Rendezvous.SlotOf(Encoding.UTF8.GetBytes($"key-{i}")))
            .CountBy(slot => slot)
            .ToDictionary();

        // Pearson's test: the sum has a mean of n - 1 and a variance of about twice that.
        var chiSquared = counts.Values.Sum(c => Math.Pow(c - keysPerSlot, 2) / keysPerSlot);
        var freedom = View.SlotCount - 1;
        Assert.Equal(View.SlotCount, counts.Count);
        Assert.InRange(chiSquared, freedom - (Sigmas * Math.Sqrt(2 * freedom)), freedom + (Sigmas * Math.Sqrt(2 * freedom)));
    }

    [Theory]
    [MemberData(nameof(ClusterSizes))]
    public void Rank_OneNodeMore_ChangesOnlySlotsThatItIsAmongTheFirstFor(int nodes)
    {
        var before = Names(nodes);
        var after = Names(nodes + 1);
        var added = after[^1];
        for (var slot = 0; slot < View.SlotCount; slot++)
        {
            var old = Rendezvous.Rank(slot, before);
            var now = Rendezvous.Rank(slot, after);

            // The others keep their order, so a home changes only by the new node's pushing its last one out.
            Assert.Equal(old, now.Where(n => n != added));
        }
    }

    [Theory]
    [MemberData(nameof(ClusterSizes))]
    public void Rank_AnyOneNodeFewer_ChangesOnlySlotsThatItHeld(int nodes)
    {
        var before = Names(nodes);
        foreach (var removed in before)
        {
            var after = before.Where(n => n != removed).ToArray();
            for (var slot = 0; slot < View.SlotCount; slot++)
            {
                Assert.Equal(Rendezvous.Rank(slot, before).Where(n => n != removed), Rendezvous.Rank(slot, after));
            }
        }
    }

    [Theory]
    [MemberData(nameof(ClusterSizes))]
    public void Rank_AnySlot_NamesEachNodeOnceWhateverTheOrderOfTheInput(int nodes)
    {
        var names = Names(nodes);
        for (var slot = 0; slot < View.SlotCount; slot++)
        {
            var ranked = Rendezvous.Rank(slot, names);
            Assert.Equal(names, ranked.Order(StringComparer.Ordinal));
            Assert.Equal(ranked, Rendezvous.Rank(slot, names.Reverse()));
        }
    }

    /// <summary>Another result would make every key of every existing store unreachable.</summary>
    [Theory]
    [InlineData("a", 543)]
    [InlineData("hello", 253)]
    [InlineData("user:1234567890", 449)]
    [InlineData("größe/日本", 235)]
    public void SlotOf_KnownKey_NeverChanges(string key, int slot)
    {
        Assert.Equal(slot, Rendezvous.SlotOf(Encoding.UTF8.GetBytes(key)));
    }

    /// <summary>Another result would move most of the data of every existing cluster.</summary>
    [Theory]
    [InlineData(0, "node1 node4 node3 node5 node2")]
    [InlineData(1, "node2 node4 node5 node3 node1")]
    [InlineData(511, "node3 node4 node2 node1 node5")]
    [InlineData(1023, "node5 node3 node2 node4 node1")]
    public void Rank_KnownNodes_NeverChanges(int slot, string order)
    {
        Assert.Equal(order, string.Join(" ", Rendezvous.Rank(slot, ["node1", "node2", "node3", "node4", "node5"])));
    }

    private static string[] Names(int count) => [.. Enumerable.Range(1, count).Select(i => $"node{i:00}")];
}
