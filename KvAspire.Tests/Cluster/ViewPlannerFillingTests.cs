using KvAspire.Balancer.Cluster;
using static KvAspire.Tests.Cluster.Views;

namespace KvAspire.Tests.Cluster;

/// <summary>Replicas that are filled, promoted, put in order, and let go.</summary>
public sealed class ViewPlannerFillingTests
{
    private static readonly Epoch Joined = new(1, 1);
    private static readonly int Slot = SlotRanked("a", "b", "c");
    private static readonly Seen[] All = Nodes("a", "b", "c");
    private static readonly View Three = Begin(2, "a", "b", "c");

    /// <summary>b alone is in sync, a is being filled.</summary>
    private static readonly View Filling = Three.WithSlot(Slot, ["b"], new CatchingUp("a", Joined));

    [Fact]
    public void Next_FillingGoesOn_KeepsTheViewThatItBeganIn() =>
        Assert.Equal([new CatchingUp("a", Joined)], ViewPlanner.Next(After(Filling, All)).CatchingUpOf(Slot));

    [Fact]
    public void Next_CopyComplete_GoesToTheFarEnd()
    {
        var next = ViewPlanner.Next(After(Filling, All) with { Copied = Copies(Slot, "a") });

        Assert.Equal(["b", "a"], next.ChainOf(Slot));
        Assert.Empty(next.FillingOf(Slot));
    }

    [Fact]
    public void Next_CopyCompleteButTheReplicaWasRestarted_BeginsAgain()
    {
        var next = ViewPlanner.Next(After(Filling, Live("a", start: 2), Live("b"), Live("c")) with { Copied = Copies(Slot, "a") });

        Assert.Equal(["b"], next.ChainOf(Slot));
        Assert.Equal([new CatchingUp("a", next.Epoch)], next.CatchingUpOf(Slot));
    }

    [Fact]
    public void Next_CopyCompleteOfANodeThatIsNotOnTheList_ChangesNothing()
    {
        var next = ViewPlanner.Next(After(Three, All) with { Copied = Copies(Slot, "c") });

        Assert.True(next.SaysTheSameAs(Three));
    }

    [Fact]
    public void Next_NewTerm_FillingBeginsAgain()
    {
        var epoch = new Epoch(2, 1);

        var next = ViewPlanner.Next(After(Filling, All) with { Epoch = epoch });

        Assert.Equal([new CatchingUp("a", epoch)], next.CatchingUpOf(Slot));
    }

    [Fact]
    public void Next_FarEndLost_FillingBeginsAgain()
    {
        var slot = SlotRanked("a", "b", "c", "d");
        var parent = Begin(3, "a", "b", "c", "d").WithSlot(slot, ["b", "c"], new CatchingUp("a", Joined));

        var next = ViewPlanner.Next(After(parent, Nodes("a", "b", "d")));

        Assert.Equal(["b"], next.ChainOf(slot));
        Assert.Equal([new CatchingUp("a", next.Epoch)], next.CatchingUpOf(slot));
    }

    [Fact]
    public void Next_NearNodeLost_FillingGoesOn()
    {
        var slot = SlotRanked("a", "b", "c", "d");
        var parent = Begin(3, "a", "b", "c", "d").WithSlot(slot, ["b", "c"], new CatchingUp("a", Joined));

        var next = ViewPlanner.Next(After(parent, Nodes("a", "c", "d")));

        Assert.Equal(["c"], next.ChainOf(slot));
        Assert.Equal([new CatchingUp("a", Joined)], next.CatchingUpOf(slot));
    }

    [Fact]
    public void Next_SourceRestarted_FillingBeginsAgain()
    {
        // After a power cut it may hold less than it gave away; what it is asked for again is what it has now.
        var next = ViewPlanner.Next(After(Filling, Live("a"), Live("b", start: 2), Live("c")));

        Assert.Equal(["b"], next.ChainOf(Slot));
        Assert.Equal([new CatchingUp("a", next.Epoch)], next.CatchingUpOf(Slot));
    }

    [Fact]
    public void Next_SourceRestartedJustAsTheCopyWasComplete_BeginsAgain()
    {
        var next = ViewPlanner.Next(After(Filling, Live("a"), Live("b", start: 2), Live("c")) with { Copied = Copies(Slot, "a") });

        Assert.Equal(["b"], next.ChainOf(Slot));
        Assert.Equal([new CatchingUp("a", next.Epoch)], next.CatchingUpOf(Slot));
    }

    [Fact]
    public void Next_CopyCompleteAndOwnershipMoved_OldOwnerLeaves()
    {
        var parent = Three.WithSlot(Slot, ["b", "c"], new CatchingUp("a", Joined));

        var next = ViewPlanner.Next(After(parent, All) with { Copied = Copies(Slot, "a") });

        Assert.Equal(["b", "a"], next.ChainOf(Slot));
    }

    [Fact]
    public void Next_OwnershipMovedAndCopyNotComplete_OldOwnerStays()
    {
        var parent = Three.WithSlot(Slot, ["c", "b"], new CatchingUp("a", Joined));

        Assert.Equal(["c", "b"], ViewPlanner.Next(After(parent, All)).ChainOf(Slot));
    }

    [Fact]
    public void Next_OrderDiffersFromRank_ChangesOnlyWhenLevel()
    {
        var parent = Three.WithSlot(Slot, ["b", "a"]);

        Assert.Equal([Slot], ViewPlanner.OutOfOrder(parent));
        Assert.Equal(["b", "a"], ViewPlanner.Next(After(parent, All)).ChainOf(Slot));
        var levelled = ViewPlanner.Next(After(parent, All) with { Level = new HashSet<int> { Slot } });
        Assert.Equal(["a", "b"], levelled.ChainOf(Slot));
        Assert.Empty(ViewPlanner.OutOfOrder(levelled));
    }

    [Fact]
    public void OutOfOrder_SlotBeingFilledOrNotServed_IsLeftAlone()
    {
        Assert.Empty(ViewPlanner.OutOfOrder(Three.WithSlot(Slot, ["b", "a"], new CatchingUp("c", Joined))));
        Assert.DoesNotContain(Slot, ViewPlanner.OutOfOrder(Three.WithSlot(Slot, ["b", "a"]).WithMember("a", MemberState.Down)));
    }

    [Fact]
    public void Next_NodeJoins_IsFilledWhereItRanksAndServesNothingYet()
    {
        var slot = SlotRanked("d", "a", "b", "c");

        var next = ViewPlanner.Next(After(Three, Nodes("a", "b", "c", "d")) with { Joining = new HashSet<string> { "d" } });

        Assert.Equal(MemberState.Joining, next.Members["d"].State);
        Assert.Equal(["a", "b"], next.ChainOf(slot));
        Assert.Equal(["d"], next.FillingOf(slot));
        Assert.DoesNotContain("d", next.InSync);
        // Only the slots that must move do.
        Assert.All(Enumerable.Range(0, View.SlotCount), s => Assert.Equal(
            Rendezvous.Rank(s, ["a", "b", "c", "d"]).Take(2).Contains("d"), next.FillingOf(s).Contains("d")));
    }

    [Fact]
    public void Next_JoiningNodeHoldsItsFirstSlot_IsActive()
    {
        var slot = SlotRanked("d", "a", "b", "c");
        var joining = ViewPlanner.Next(After(Three, Nodes("a", "b", "c", "d")) with { Joining = new HashSet<string> { "d" } });

        var next = ViewPlanner.Next(After(joining, Nodes("a", "b", "c", "d")) with { Copied = Copies(slot, "d") });

        Assert.Equal(["a", "d"], next.ChainOf(slot));
        Assert.Equal(MemberState.Active, next.Members["d"].State);
    }

    [Fact]
    public void Next_JoiningNodeIsNotThere_IsNoMember() =>
        Assert.True(ViewPlanner.Next(After(Three, All) with { Joining = new HashSet<string> { "d" } }).SaysTheSameAs(Three));

    [Fact]
    public void Next_NodeLeaves_StaysInSyncUntilOthersHaveItsSlots()
    {
        var parent = Three.WithMember("a", MemberState.Leaving);

        var next = ViewPlanner.Next(After(parent, All));

        Assert.Equal(["a", "b"], next.ChainOf(Slot));
        Assert.Equal(["c"], next.FillingOf(Slot));
        Assert.Equal(MemberState.Leaving, next.Members["a"].State);
    }

    [Fact]
    public void Next_LeavingNodeHasGivenAllAway_StaysUntilItHasPurgedWhatItHeld()
    {
        var parent = ViewPlanner.Next(After(Three.WithMember("a", MemberState.Leaving), All));
        var copied = Enumerable.Range(0, View.SlotCount).SelectMany(s => parent.FillingOf(s).Select(n => (s, n))).ToHashSet();

        var empty = ViewPlanner.Next(After(parent, All) with { Copied = copied });
        var unchanged = ViewPlanner.Next(After(empty, All));
        var gone = ViewPlanner.Next(After(empty, Live("a") with { IsBlank = true }, Live("b"), Live("c")));

        Assert.Equal(["b", "c"], empty.ChainOf(Slot));
        Assert.Equal(MemberState.Leaving, empty.Members["a"].State);
        Assert.True(unchanged.SaysTheSameAs(empty));
        Assert.Equal(["b", "c"], gone.Members.Keys);
        Assert.Equal(["a"], gone.Removed);
    }

    [Fact]
    public void Next_LeavingNodeDiesBeforeItHasPurged_IsGoneAndItsNameRefused()
    {
        var parent = ViewPlanner.Next(After(Three.WithMember("a", MemberState.Leaving), All));
        var copied = Enumerable.Range(0, View.SlotCount).SelectMany(s => parent.FillingOf(s).Select(n => (s, n))).ToHashSet();
        var empty = ViewPlanner.Next(After(parent, All) with { Copied = copied });

        var gone = ViewPlanner.Next(After(empty, Nodes("b", "c")));

        Assert.Equal(["b", "c"], gone.Members.Keys);
        Assert.Equal(["a"], gone.Removed);
    }

    [Theory]
    [InlineData(1_000_000 + 60_000 - 1, false)]
    [InlineData(1_000_000 + 60_000, true)]
    public void Next_NodeDownForLong_SlotsGetAnotherCopy(long now, bool another)
    {
        var parent = ViewPlanner.Next(After(Three, Nodes("b", "c")));

        var next = ViewPlanner.Next(After(parent, Nodes("b", "c")) with { Now = now, RehomeAfter = TimeSpan.FromMinutes(1) });

        Assert.Equal(["b"], next.ChainOf(Slot));
        Assert.Equal(another ? ["c"] : [], next.FillingOf(Slot));
        Assert.Equal(MemberState.Down, next.Members["a"].State);
    }

    [Fact]
    public void Next_NodeBackAfterItLostItsPlace_GetsItBack()
    {
        var lost = ViewPlanner.Next(After(Three, Nodes("b", "c")));
        var rehomed = ViewPlanner.Next(After(lost, Nodes("b", "c")) with { Now = 2_000_000, RehomeAfter = TimeSpan.FromMinutes(1) });

        var next = ViewPlanner.Next(After(rehomed, Live("a", start: 2), Live("b"), Live("c")) with { Now = 3_000_000, RehomeAfter = TimeSpan.FromMinutes(1) });

        Assert.Equal(["b"], next.ChainOf(Slot));
        Assert.Equal(["a"], next.FillingOf(Slot));
    }

    private static HashSet<(int, string)> Copies(int slot, string node) => [(slot, node)];
}
