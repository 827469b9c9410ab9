using System.Numerics;
using KvAspire.Balancer.Cluster;

namespace KvAspire.Tests.Cluster;

public sealed class QuorumsTests
{
    public static TheoryData<int> Sizes => [.. Enumerable.Range(1, 9)];

    [Theory]
    [MemberData(nameof(Sizes))]
    public void StartAndChange_AnyTwoQuorumsOfAView_ShareANode(int n)
    {
        var apart = from start in SetsOf(Quorums.Start(n), n)
                    from change in SetsOf(Quorums.Change(n), n)
                    where (start & change) == 0
                    select (start, change);

        Assert.Empty(apart);
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void StartAndChange_OfN_NeedAtLeastOneNodeAndAtMostAll(int n)
    {
        Assert.InRange(Quorums.Start(n), 1, n);
        Assert.InRange(Quorums.Change(n), 1, n);
    }

    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(1, 1, 1)]
    [InlineData(2, 1, 2)]
    [InlineData(3, 2, 2)]
    [InlineData(4, 3, 3)]
    [InlineData(5, 3, 3)]
    public void StartAndChange_OfN_AreTheDocumentedNumbers(int n, int change, int start)
    {
        Assert.Equal(change, Quorums.Change(n));
        Assert.Equal(start, Quorums.Start(n));
    }

    /// <summary>With two copies, the loss of either node must not stop the other.</summary>
    [Theory]
    [MemberData(nameof(Sizes))]
    public void Change_OneNodeOfSeveralLost_IsStillReached(int n)
    {
        Assert.True(n == 1 || Quorums.Change(n) <= n - 1);
    }

    private static IEnumerable<uint> SetsOf(int size, int n) =>
        Enumerable.Range(0, 1 << n).Select(s => (uint)s).Where(s => BitOperations.PopCount(s) == size);
}
