using KvAspire.Balancer.Cluster;
using KvAspire.Balancer.Coordination;

namespace KvAspire.Tests.Cluster;

public sealed class LeaseTermsTests
{
    private static readonly View Two = Views.Begin(2, "a", "b");
    private static readonly View Three = Views.Begin(2, "a", "b", "c");
    private static readonly View Five = Views.Begin(2, "a", "b", "c", "d", "e");

    [Fact]
    public void HeldSince_NobodyGranted_IsNull() => Assert.Null(LeaseTerms.HeldSince(Two, Grants()));

    [Fact]
    public void HeldSince_OneOfTwo_CountsFromTheLatestGrant()
    {
        Assert.Equal(10, LeaseTerms.HeldSince(Two, Grants(("a", 10))));
        Assert.Equal(20, LeaseTerms.HeldSince(Two, Grants(("a", 10), ("b", 20))));
    }

    [Fact]
    public void HeldSince_ThreeNodes_CountsFromTheSecondLatest()
    {
        Assert.Null(LeaseTerms.HeldSince(Three, Grants(("a", 10))));
        Assert.Equal(10, LeaseTerms.HeldSince(Three, Grants(("a", 10), ("c", 30))));
        Assert.Equal(20, LeaseTerms.HeldSince(Three, Grants(("a", 10), ("c", 30), ("b", 20))));
    }

    [Fact]
    public void HeldSince_FiveNodes_CountsFromTheThirdLatest() =>
        Assert.Equal(30, LeaseTerms.HeldSince(Five, Grants(("a", 50), ("b", 10), ("c", 30), ("d", 40), ("e", 20))));

    [Fact]
    public void HeldSince_GrantOfAnotherTerm_DoesNotCount()
    {
        var grants = Grants(("a", 10));
        grants["a"] = grants["a"] with { Term = 2 };

        Assert.Null(LeaseTerms.HeldSince(Two, grants));
    }

    [Fact]
    public void HeldSince_GrantOfAnotherIncarnation_DoesNotCount()
    {
        var grants = Grants(("a", 10));
        grants["a"] = grants["a"] with { Incarnation = new Incarnation("store-a", 2) };

        Assert.Null(LeaseTerms.HeldSince(Two, grants));
    }

    [Fact]
    public void HeldSince_GrantOfNodesNotInSync_DoesNotCount()
    {
        var view = Three
            .With(slots: [.. Three.Slots.Select(_ => new SlotPlacement(["a", "b"], [new CatchingUp("c", new(1, 1))]))])
            .WithMember("b", MemberState.Down);

        Assert.Null(LeaseTerms.HeldSince(view, Grants(("b", 10), ("c", 20), ("stranger", 30))));
        Assert.Equal(5, LeaseTerms.HeldSince(view, Grants(("a", 5), ("c", 20))));
    }

    [Fact]
    public void HeldSince_NobodyInSync_IsNull()
    {
        var view = Two.WithMember("a", MemberState.Down).WithMember("b", MemberState.Down);

        Assert.Null(LeaseTerms.HeldSince(view, Grants(("a", 10), ("b", 10))));
    }

    private static Dictionary<string, LeaseGrant> Grants(params (string Node, long SentAt)[] grants) =>
        grants.ToDictionary(g => g.Node, g => new LeaseGrant(1, g.SentAt, new Incarnation($"store-{g.Node}", 1)));
}
