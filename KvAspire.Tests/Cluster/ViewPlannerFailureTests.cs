using KvAspire.Balancer.Cluster;
using static KvAspire.Tests.Cluster.Views;

namespace KvAspire.Tests.Cluster;

/// <summary>Nodes that are lost, and come back.</summary>
public sealed class ViewPlannerFailureTests
{
    private static readonly int Slot = SlotRanked("a", "b", "c");
    private static readonly View Three = Begin(2, "a", "b", "c");

    [Fact]
    public void Begin_MoreNodesThanCopies_PutsEverySlotAtHome()
    {
        Assert.Equal(["a", "b"], Three.ChainOf(Slot));
        Assert.All(Three.Slots, s => Assert.Equal((2, 0), (s.Chain.Length, s.Filling.Length)));
        Assert.All(Three.Members.Values, m => Assert.Equal(MemberState.Active, m.State));
        Assert.Empty(ViewPlanner.OutOfOrder(Three));
    }

    [Fact]
    public void Begin_FewerNodesThanCopies_UsesWhatThereIs() =>
        Assert.All(Begin(3, "a", "b").Slots, s => Assert.Equal(2, s.Chain.Length));

    [Fact]
    public void Next_NothingHappened_SaysTheSame() =>
        Assert.True(ViewPlanner.Next(After(Three, Nodes("a", "b", "c"))).SaysTheSameAs(Three));

    [Fact]
    public void Next_Always_NamesTheParentsInSyncNodes()
    {
        var parent = Three.WithMember("c", MemberState.Down);

        Assert.Equal(["a", "b"], ViewPlanner.Next(After(parent, Nodes("a", "b", "c"))).ParentInSync.ToArray());
    }

    [Theory]
    [InlineData("a", "b")]
    [InlineData("b", "a")]
    public void Next_NodeLost_LeavesTheChainAndKeepsItsPlace(string lost, string left)
    {
        var next = ViewPlanner.Next(After(Three, Nodes([.. Three.Members.Keys.Where(n => n != lost)])));

        Assert.Equal([left], next.ChainOf(Slot));
        // c is not asked to take over: the node may soon be back.
        Assert.Empty(next.FillingOf(Slot));
        Assert.Equal((MemberState.Down, 1_000_000), (next.Members[lost].State, next.Members[lost].DownSince));
        Assert.True(next.IsServed(Slot));
    }

    [Fact]
    public void Next_NodeStaysDown_KeepsTheMomentItWasLost()
    {
        var parent = ViewPlanner.Next(After(Three, Nodes("b", "c")));

        var next = ViewPlanner.Next(After(parent, Nodes("b", "c")) with { Now = 1_500_000 });

        Assert.True(next.SaysTheSameAs(parent));
    }

    [Fact]
    public void Next_NodeRestartedUnnoticed_LeavesTheChainAndIsFilled()
    {
        var next = ViewPlanner.Next(After(Three, Live("a", start: 2), Live("b"), Live("c")));

        Assert.Equal(["b"], next.ChainOf(Slot));
        Assert.Equal([new CatchingUp("a", next.Epoch)], next.CatchingUpOf(Slot));
        Assert.Equal(2u, next.Members["a"].Incarnation.Start);
    }

    [Fact]
    public void Next_SameProcessBackAfterItWasDown_IsNotInSyncAnyMore()
    {
        var parent = ViewPlanner.Next(After(Three, Nodes("b", "c")));

        var next = ViewPlanner.Next(After(parent, Nodes("a", "b", "c")));

        Assert.Equal(["b"], next.ChainOf(Slot));
        Assert.Equal(["a"], next.FillingOf(Slot));
        Assert.Equal((MemberState.Active, 0), (next.Members["a"].State, next.Members["a"].DownSince));
    }

    [Fact]
    public void Next_AllHoldersRestarted_TheFarEndBecomesTheChain()
    {
        var next = ViewPlanner.Next(After(Three, Live("a", start: 2), Live("b", start: 2), Live("c")));

        Assert.Equal(["b"], next.ChainOf(Slot));
        Assert.Equal(["a"], next.FillingOf(Slot));
    }

    [Fact]
    public void Next_AllHoldersLost_KeepsTheirNamesAndIsNotServed()
    {
        var next = ViewPlanner.Next(After(Three, Live("c")));

        Assert.Equal(["a", "b"], next.ChainOf(Slot));
        Assert.Empty(next.FillingOf(Slot));
        Assert.False(next.IsServed(Slot));
    }

    [Theory]
    [InlineData("a")]
    [InlineData("b")]
    public void Next_OneLastHolderBack_BecomesTheChain(string back)
    {
        var parent = ViewPlanner.Next(After(Three, Live("c")));

        var next = ViewPlanner.Next(After(parent, Live(back, start: 2), Live("c")));

        Assert.Equal([back], next.ChainOf(Slot));
        Assert.True(next.IsServed(Slot));
    }

    [Theory]
    [InlineData("a", "b")]
    [InlineData("b", "a")]
    public void Next_LastHolderLostPower_WaitsForTheOther(string back, string other)
    {
        var parent = ViewPlanner.Next(After(Three, Live("c")));
        var waiting = ViewPlanner.Next(After(parent, Live(back, start: 2, wholeSince: 2), Live("c")));
        Assert.Equal(["a", "b"], waiting.ChainOf(Slot));
        Assert.False(waiting.IsServed(Slot));
        Assert.True(waiting.IsUp(back));

        // Neither the same process nor the next one has more than that.
        Assert.False(ViewPlanner.Next(After(waiting, Live(back, start: 2, wholeSince: 2), Live("c"))).IsServed(Slot));
        var stillWaiting = ViewPlanner.Next(After(waiting, Live(back, start: 3, wholeSince: 2), Live("c")));
        Assert.False(stillWaiting.IsServed(Slot));

        var next = ViewPlanner.Next(After(stillWaiting, Live(back, start: 3, wholeSince: 2), Live(other, start: 2), Live("c")));
        Assert.Equal([other], next.ChainOf(Slot));
        Assert.Equal([back], next.FillingOf(Slot));
        Assert.Empty(next.Slots[Slot].HeldAs);
    }

    [Fact]
    public void Next_AllLastHoldersLostPower_TheFarEndBecomesTheChain()
    {
        var parent = ViewPlanner.Next(After(Three, Live("c")));
        var waiting = ViewPlanner.Next(After(parent, Live("b", start: 2, wholeSince: 2), Live("c")));

        var next = ViewPlanner.Next(After(waiting, Live("a", start: 2, wholeSince: 2), Live("b", start: 2, wholeSince: 2), Live("c")));

        Assert.Equal(["b"], next.ChainOf(Slot));
        // What the others were told that they have in common with it may be what it lost.
        Assert.Equal(next.Epoch, next.Slots[Slot].Reset);
        var later = ViewPlanner.Next(After(next, Live("b", start: 2, wholeSince: 2), Live("c")));
        Assert.Equal(next.Epoch, later.Slots[Slot].Reset);
    }

    [Fact]
    public void Next_OneOfTheLastHoldersLostPowerBeforeItWasInSync_ThatOneBecomesTheChain()
    {
        // As its second process, which had lost power, a waits for d in some slots; in others it has been filled by b, and is in sync.
        var four = Begin(2, "a", "b", "c", "d");
        var (shared, waiting) = (SlotRanked("a", "b", "c", "d"), SlotRanked("a", "d", "b", "c"));
        var lost = ViewPlanner.Next(After(four, Live("b"), Live("c")));
        var back = ViewPlanner.Next(After(lost, Live("a", start: 2, wholeSince: 2), Live("b"), Live("c")));
        Assert.Equal(["a"], back.FillingOf(shared));
        Assert.Equal(["a", "d"], back.ChainOf(waiting));
        var filled = back.WithSlot(shared, ["a", "b"]);

        // Now b loses power, and what it had acknowledged last; it is back before that is noticed, while nobody reaches a.
        var alone = ViewPlanner.Next(After(filled, Live("b", start: 2, wholeSince: 2), Live("c")));
        Assert.Equal(["a", "b"], alone.ChainOf(shared));
        Assert.False(alone.IsServed(shared));
        var next = ViewPlanner.Next(After(alone, Live("a", start: 2, wholeSince: 2), Live("b", start: 2, wholeSince: 2), Live("c")));

        Assert.Equal(["a"], next.ChainOf(shared));
        Assert.Equal(["b"], next.FillingOf(shared));
        Assert.Equal(default, next.Slots[shared].Reset);
        Assert.Equal(["a", "d"], next.ChainOf(waiting));
        Assert.False(next.IsServed(waiting));
    }

    [Fact]
    public void Next_HoldersOfWaitingSlotAreStruckOut_TheOthersStillCountAsTheProcessesThatTheyWere()
    {
        var three = Begin(3, "a", "b", "c", "d");
        var slot = SlotRanked("a", "b", "c", "d");
        var waiting = ViewPlanner.Next(After(three, Live("d")));

        var next = ViewPlanner.Next(After(waiting, Live("a", start: 5, store: "new"), Live("b", start: 5, wholeSince: 2), Live("d")));

        Assert.Equal(["b", "c"], next.ChainOf(slot));
        Assert.Equal([1ul, 1ul], next.Slots[slot].HeldAs.ToArray());
        Assert.False(next.IsServed(slot));
    }

    [Fact]
    public void Next_ParentWasNeverCommitted_TheHoldersThatItLeftOutCount()
    {
        // Under the view before, b has a write that a lost with its power.
        var proposed = ViewPlanner.Next(After(Three, Live("a"), Live("c")));
        Assert.Equal([new FormerHolder("b", 1)], proposed.Slots[Slot].Dropped.ToArray());
        var start = After(proposed, Live("a", start: 2, wholeSince: 2), Live("b"), Live("c")) with { IsParentCommitted = false };

        var next = ViewPlanner.Next(start with { IsParentRefuted = true });
        Assert.Equal(["b"], next.ChainOf(Slot));
        Assert.Equal(["a"], next.FillingOf(Slot));
        Assert.Equal(default, next.Slots[Slot].Reset);
        // The next one may turn out never to have been committed, either.
        Assert.Equal([new FormerHolder("a", 1)], next.Slots[Slot].Dropped.ToArray());

        Assert.Equal(["a"], ViewPlanner.Next(start).ChainOf(Slot));
        Assert.Equal(["a"], ViewPlanner.Next(start with { IsParentCommitted = true }).ChainOf(Slot));
    }

    [Fact]
    public void Next_ParentWasNeverCommittedAndItsOtherHolderIsAway_WaitsForThat()
    {
        var proposed = ViewPlanner.Next(After(Three, Live("a"), Live("c")));

        var next = ViewPlanner.Next(After(proposed, Live("a", start: 2, wholeSince: 2), Live("c")) with { IsParentCommitted = false, IsParentRefuted = true });

        Assert.Equal(["b", "a"], next.ChainOf(Slot));
        Assert.Equal([1ul, 1ul], next.Slots[Slot].HeldAs.ToArray());
        Assert.False(next.IsServed(Slot));
    }

    [Theory]
    [InlineData(1, 1, "b", 0)]
    [InlineData(1, 2, "a", 3)]
    public void Next_HolderThatAProposalKeptComesBackLater_TellsWhetherThatWasInForce(uint term, uint revision, string chain, uint resetRevision)
    {
        // The start does not know, and waits for a, which lost power. Two views later it is back, and has the proposal, or the view before.
        var proposed = ViewPlanner.Next(After(Three, Live("a"), Live("c")));
        Assert.Equal((new Epoch(1, 2), proposed.Epoch), (proposed.Epoch, proposed.Slots[Slot].DroppedBy));
        var first = ViewPlanner.Next(After(proposed, Live("c")) with { IsParentCommitted = false, Epoch = new(2, 1) });
        var second = ViewPlanner.Next(After(first, Live("b"), Live("c")));
        Assert.Equal(["a"], second.ChainOf(Slot));
        Assert.False(second.IsServed(Slot));
        Assert.Equal([new FormerHolder("b", 1)], second.Slots[Slot].Dropped.ToArray());

        var next = ViewPlanner.Next(After(second, Live("a", start: 2, wholeSince: 2) with { View = new(term, revision) }, Live("b"), Live("c")));

        Assert.Equal([chain], next.ChainOf(Slot));
        Assert.Equal(resetRevision == 0 ? default : new Epoch(2, resetRevision), next.Slots[Slot].Reset);
    }

    [Fact]
    public void Next_ProposalWasInForce_WhomItLeftOutIsForgottenAsHolder()
    {
        var without = ViewPlanner.Next(After(Three, Live("a"), Live("c")));

        var waiting = ViewPlanner.Next(After(without, Live("b"), Live("c")));

        Assert.Equal(["a"], waiting.ChainOf(Slot));
        Assert.Empty(waiting.Slots[Slot].Dropped);
    }

    [Fact]
    public void Next_HolderThatAProposalKeptIsForgotten_GoesOnWithOneThatItLeftOut()
    {
        var slot = SlotRanked("a", "c", "b");
        var proposed = ViewPlanner.Next(After(Three.WithSlot(slot, ["a", "b"]), Live("a"), Live("c")));
        var input = After(proposed, Live("b", start: 2), Live("c")) with { IsParentCommitted = false, Forgotten = new HashSet<string> { "a" } };

        Assert.Equal(["b"], ViewPlanner.Next(input).ChainOf(slot));
        Assert.Equal(["c"], ViewPlanner.Next(input with { IsParentCommitted = true }).ChainOf(slot));
    }

    [Theory]
    [InlineData(0, 0, "c")]
    [InlineData(0, 2, "b")]
    [InlineData(2, 0, "c")]
    [InlineData(2, 2, "c")]
    public void Next_SeveralThatAProposalLeftOut_GoesOnWithAWholeOneThatIsFar(ulong wholeSinceB, ulong wholeSinceC, string chain)
    {
        var four = Begin(3, "a", "b", "c", "d");
        var slot = SlotRanked("a", "b", "c", "d");
        var proposed = ViewPlanner.Next(After(four, Live("a"), Live("d")));

        var next = ViewPlanner.Next(After(proposed, Live("b", start: 2, wholeSince: wholeSinceB), Live("c", start: 2, wholeSince: wholeSinceC), Live("d")) with
        {
            IsParentCommitted = false,
            Forgotten = new HashSet<string> { "a" },
        });

        Assert.Equal([chain], next.ChainOf(slot));
    }

    [Fact]
    public void Next_HolderThatAProposalLeftOutWasBackEmpty_IsNoHolder()
    {
        // The proposal counts on the empty directory of b already: nothing would tell it from the one that held the slot.
        var proposed = ViewPlanner.Next(After(Three, Live("a"), Live("b", store: "new"), Live("c")));
        Assert.All(proposed.Slots, s => Assert.DoesNotContain(s.Dropped, d => d.Node == "b"));

        var later = ViewPlanner.Next(After(Three, Live("a"), Live("c")));
        var next = ViewPlanner.Next(After(later, Live("b", store: "new"), Live("c")) with { IsParentCommitted = false, IsParentRefuted = true });
        Assert.Equal(["a"], next.ChainOf(Slot));
        Assert.All(next.Slots, s => Assert.DoesNotContain(s.Dropped, d => d.Node == "b"));
    }

    [Fact]
    public void Next_ViewIsCommitted_ForgetsWhomItsParentHad()
    {
        var without = ViewPlanner.Next(After(Three, Live("a"), Live("c")));

        // That alone is no reason for another view.
        Assert.True(ViewPlanner.Next(After(without, Live("a"), Live("c"))).SaysTheSameAs(without));
        Assert.All(ViewPlanner.Next(After(without, Live("a"), Live("c"))).Slots, s => Assert.Empty(s.Dropped));
    }

    [Fact]
    public void Next_LeavingNodeIsLostWithItsLastSlot_StaysUntilThatIsCommitted()
    {
        var leaving = ViewPlanner.Next(After(Three, Nodes("a", "b", "c")) with { Leaving = new HashSet<string> { "c" } });

        var lost = ViewPlanner.Next(After(leaving, Nodes("a", "b")) with { Leaving = new HashSet<string> { "c" } });
        Assert.Contains(lost.Slots, s => s.Dropped.Contains(new("c", 1)));
        Assert.Contains("c", lost.Members.Keys);
        Assert.True(lost.ToMessage().ToView().SaysTheSameAs(lost));

        var next = ViewPlanner.Next(After(lost, Nodes("a", "b")) with { Leaving = new HashSet<string> { "c" } });
        Assert.All(next.Slots, s => Assert.Empty(s.Dropped));
        Assert.DoesNotContain("c", next.Members.Keys);
    }

    [Fact]
    public void Next_NodeBackWithAnotherStore_CountsOnThatFromNowOn()
    {
        var emptied = ViewPlanner.Next(After(Three, Live("a"), Live("b", store: "new"), Live("c")));
        var same = ViewPlanner.Next(After(emptied, Live("a"), Live("b", start: 2, store: "new"), Live("c")));
        var old = ViewPlanner.Next(After(same, Live("a"), Live("b", start: 3), Live("c")));

        Assert.Equal(Three.Epoch, Three.Members["b"].StoreSince);
        Assert.Equal(emptied.Epoch, emptied.Members["b"].StoreSince);
        Assert.Equal(emptied.Epoch, same.Members["b"].StoreSince);
        Assert.Equal(old.Epoch, old.Members["b"].StoreSince);
        Assert.Equal(Three.Epoch, old.Members["a"].StoreSince);
    }

    [Fact]
    public void Next_ParentMayNotBeCommitted_NamesWhatMayBeInForceInstead()
    {
        var proposed = Three.With(parentInSync: ["a", "b", "c", "d"]) with { Undecided = [["c", "e"]] };

        var first = ViewPlanner.Next(After(proposed, Live("a"), Live("b"), Live("c", store: "other")) with { IsParentCommitted = false });
        var second = ViewPlanner.Next(After(first, Live("a"), Live("b"), Live("c", store: "other")));

        Assert.Equal(["a b c~store-c d", "c~store-c e"], first.Undecided.Select(u => string.Join(' ', u)));
        Assert.Empty(second.Undecided);
    }

    [Theory]
    [InlineData("a b", "a|b c")]
    [InlineData("a b c", "")]
    public void Next_ParentOfProposalHadTwoInSync_StillDoesAwayWithItsRivals(string parentInSync, string abandoned)
    {
        var proposed = Three.With(parentInSync: [.. parentInSync.Split(' ')]) with { Abandoned = [["a"], ["b", "c"]] };

        var first = ViewPlanner.Next(After(proposed, Live("a"), Live("b"), Live("c")) with { IsParentCommitted = false });

        Assert.Equal(abandoned, string.Join('|', first.Abandoned.Select(v => string.Join(' ', v))));
    }

    [Fact]
    public void Next_FirstViewAfterAForget_AsksNothingOfTheForgotten()
    {
        var proposed = Three.With(parentInSync: ["a", "b"]) with { Undecided = [["b"], ["b", "c"]] };
        var input = After(proposed, Live("a"), Live("c")) with { IsParentCommitted = false, Forgotten = new HashSet<string> { "b" }, Epoch = new(5, 1) };

        var first = ViewPlanner.Next(input);

        Assert.Equal(["a", "c"], first.ParentInSync.ToArray());
        Assert.Equal(["a", "c"], first.Undecided.Select(u => string.Join(' ', u)));
        // While it serves, a quorum is one of all; of the forgotten, with the store that it had.
        Assert.Equal(["a", "b~store-b", "c"], ViewPlanner.Next(input with { Epoch = proposed.Epoch.Next }).ParentInSync.ToArray());
    }

    [Fact]
    public void Next_FirstViewAfterAForgetOfNodesThatAreBackEmpty_AsksNothingOfTheirFormerStores()
    {
        var proposed = Three.With(parentInSync: ["a", "b", "c"]) with { Undecided = [["b~store-b", "c"]] };
        var input = After(proposed, Live("a", 1, "new"), Live("b", 1, "new"), Live("c")) with
        {
            IsParentCommitted = false,
            Forgotten = new HashSet<string> { "a", "b" },
            Epoch = new(5, 1),
        };

        var first = ViewPlanner.Next(input);

        Assert.Equal(["c"], first.ParentInSync.ToArray());
        Assert.Equal(["c"], first.Undecided.Select(u => string.Join(' ', u)));
        // One that was not given up is still asked for, by the store that it had; and one that is there with that store has its say.
        Assert.Equal(["b~store-b", "c"], ViewPlanner.Next(input with { Forgotten = new HashSet<string> { "a" } }).ParentInSync.ToArray());
        Assert.Equal(
            ["a", "c"],
            ViewPlanner.Next(input with { Alive = After(proposed, Live("a"), Live("b", 1, "new"), Live("c")).Alive }).ParentInSync.ToArray());
    }

    [Fact]
    public void Next_LaterViewsAreGivenUp_EverySlotIsReset()
    {
        var next = ViewPlanner.Next(After(Three, Live("a"), Live("b"), Live("c")) with { MayLackViews = true });

        Assert.All(next.Slots, s => Assert.Equal(next.Epoch, s.Reset));
        Assert.Equal(Three.Slots.Select(s => s.Chain), next.Slots.Select(s => s.Chain));
    }

    [Fact]
    public void Next_OtherLastHolderIsForgotten_WhoLostPowerBecomesTheChain()
    {
        var parent = ViewPlanner.Next(After(Three, Live("c")));
        var waiting = ViewPlanner.Next(After(parent, Live("b", start: 2, wholeSince: 2), Live("c")));

        var next = ViewPlanner.Next(After(waiting, Live("b", start: 2, wholeSince: 2), Live("c")) with { Forgotten = new HashSet<string> { "a" } });

        Assert.Equal(["b"], next.ChainOf(Slot));
        Assert.True(next.IsServed(Slot));
        Assert.Equal(next.Epoch, next.Slots[Slot].Reset);
    }

    [Fact]
    public void Next_PowerLostBeforeItWasInSync_IsALastHolderLikeAny()
    {
        // It lost power as its second process, has been filled since, and was in sync as that.
        var restarted = ViewPlanner.Next(After(Three, Live("a"), Live("b", start: 2, wholeSince: 2), Live("c")));
        var filled = restarted.WithSlot(Slot, ["a", "b"]);
        var parent = ViewPlanner.Next(After(filled, Live("c")));

        var next = ViewPlanner.Next(After(parent, Live("b", start: 3, wholeSince: 2), Live("c")));

        Assert.Equal(["b"], next.ChainOf(Slot));
    }

    [Fact]
    public void Next_LastHolderIsOneThatOutlivedTheOther_OnlyItsReturnHelps()
    {
        var withoutA = ViewPlanner.Next(After(Three, Nodes("b", "c")));
        var withoutBoth = ViewPlanner.Next(After(withoutA, Live("c")));

        var next = ViewPlanner.Next(After(withoutBoth, Live("a", start: 2), Live("c")));

        Assert.Equal(["b"], next.ChainOf(Slot));
        Assert.False(next.IsServed(Slot));
        Assert.Empty(next.FillingOf(Slot));
    }

    [Fact]
    public void Next_LastHolderBackWithAnotherStore_IsStruckOut()
    {
        var parent = ViewPlanner.Next(After(Three, Live("c")));

        var next = ViewPlanner.Next(After(parent, Live("b", start: 1, store: "new"), Live("c")));

        Assert.Equal(["a"], next.ChainOf(Slot));
        Assert.False(next.IsServed(Slot));
    }

    [Fact]
    public void Next_AllHoldersBackWithOtherStores_LeaveNobodyAndStaySo()
    {
        var alive = new[] { Live("a", 1, "new1"), Live("b", 1, "new2"), Live("c") };

        var next = ViewPlanner.Next(After(Three, alive));
        var later = ViewPlanner.Next(After(next, alive));

        Assert.Empty(next.ChainOf(Slot));
        Assert.Empty(next.FillingOf(Slot));
        Assert.False(next.IsServed(Slot));
        Assert.True(later.SaysTheSameAs(next));
    }

    [Fact]
    public void Next_StruckHolderComesBackWithItsNewStore_IsNoLastHolder()
    {
        var struck = ViewPlanner.Next(After(Three, Live("b", 1, "new"), Live("c")));
        var away = ViewPlanner.Next(After(struck, Live("c")));

        var next = ViewPlanner.Next(After(away, Live("b", 2, "new"), Live("c")));

        Assert.Equal(["a"], next.ChainOf(Slot));
        Assert.False(next.IsServed(Slot));
    }

    [Fact]
    public void Next_OnlyHolderForgotten_SlotBeginsAnewAndItsNameIsRefused()
    {
        var withoutA = ViewPlanner.Next(After(Three, Nodes("b", "c")));
        var withoutBoth = ViewPlanner.Next(After(withoutA, Live("c")));

        var next = ViewPlanner.Next(After(withoutBoth, Live("c")) with { Forgotten = new HashSet<string> { "b" } });

        Assert.Equal(["c"], next.ChainOf(Slot));
        Assert.DoesNotContain("b", next.Members.Keys);
        Assert.Equal(["b"], next.Removed);
    }

    [Fact]
    public void Next_OneOfTwoLastHoldersForgotten_WaitsForTheOther()
    {
        var parent = ViewPlanner.Next(After(Three, Live("c")));

        var next = ViewPlanner.Next(After(parent, Live("c")) with { Forgotten = new HashSet<string> { "b" } });

        Assert.Equal(["a"], next.ChainOf(Slot));
        Assert.False(next.IsServed(Slot));
    }

    [Fact]
    public void Next_ForgottenNodeIsAlive_StaysAMember()
    {
        var next = ViewPlanner.Next(After(Three, Nodes("a", "b", "c")) with { Forgotten = new HashSet<string> { "b" } });

        Assert.True(next.SaysTheSameAs(Three));
    }
}
