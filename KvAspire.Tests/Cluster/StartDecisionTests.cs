using KvAspire.Balancer.Cluster;

namespace KvAspire.Tests.Cluster;

public sealed class StartDecisionTests
{
    private static readonly View Three = Views.Begin(2, "a", "b", "c");
    private static readonly View Two = Views.Begin(2, "a", "b");

    [Fact]
    public void Decide_EmptyClusterAndAllConfiguredThere_BeginsFromNothing()
    {
        var outcome = Decide([Empty("a"), Empty("b")], ["a", "b"]);

        Assert.True(outcome.CanStart);
        Assert.Null(outcome.Base);
    }

    [Fact]
    public void Decide_EmptyClusterAndConfiguredNodeMissing_NamesIt()
    {
        var outcome = Decide([Empty("a")], ["c", "a", "b"]);

        Assert.False(outcome.CanStart);
        Assert.Equal(["b", "c"], outcome.WaitingFor.ToArray());
    }

    [Fact]
    public void Decide_EmptyClusterAndMissingNodeForgotten_Begins() =>
        Assert.True(Decide([Empty("a")], ["a", "b"], "b").CanStart);

    [Fact]
    public void Decide_NoPromisesAtAll_DoesNotBegin() =>
        Assert.False(Decide([], ["a"], "a").CanStart);

    [Fact]
    public void Decide_DataOfTwoClusters_RefusesAndNamesBoth()
    {
        var foreign = Two.With(cluster: "cluster2");

        var outcome = Decide([Holding("a", Two, committed: true), Holding("b", foreign, committed: true)]);

        Assert.False(outcome.CanStart);
        Assert.Contains("cluster1: a", outcome.Reason, StringComparison.Ordinal);
        Assert.Contains("cluster2: b", outcome.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a b c", true, "")]
    [InlineData("a b", true, "")]
    [InlineData("b c", true, "")]
    [InlineData("a", false, "b c")]
    public void Decide_CommittedViewOfThree_NeedsAMajority(string there, bool canStart, string waitingFor)
    {
        var outcome = Decide([.. Words(there).Select(n => Holding(n, Three, committed: true))]);

        Assert.Equal(canStart, outcome.CanStart);
        Assert.Equal(Words(waitingFor), outcome.WaitingFor.ToArray());
        Assert.Same(Three, outcome.Base);
    }

    [Fact]
    public void Decide_CommittedViewOfTwo_NeedsBoth()
    {
        // Either of them alone may have gone on without the other.
        Assert.Equal(["b"], Decide([Holding("a", Two, committed: true)]).WaitingFor.ToArray());
        Assert.True(Decide([Holding("a", Two, committed: true), Holding("b", Two, committed: false)]).CanStart);
    }

    [Fact]
    public void Decide_CommittedViewOfTwoWithOneForgotten_NeedsTheOther() =>
        Assert.True(Decide([Holding("a", Two, committed: true)], [], "b").CanStart);

    [Theory]
    [InlineData("a b", "a", "b", "", true)]
    [InlineData("a b c", "a c", "b", "", false)]
    [InlineData("a b c", "a", "b", "c", false)]
    [InlineData("a b c", "a", "b c", "", true)]
    [InlineData("a b c d e", "a b c", "e", "", false)]
    [InlineData("a b c d e", "a b", "d e", "c", true)]
    [InlineData("a b c d e", "a b c", "d e", "", false)]
    [InlineData("a b c d e", "a b", "c d e", "", true)]
    public void Decide_NodesForgotten_WaitsForTheOthersIfTheyMayHaveDecidedWithThose(
        string inSync, string there, string forgotten, string waitingFor, bool mayLackViews)
    {
        var view = Views.Begin(2, Words(inSync));

        var outcome = Decide([.. Words(there).Select(n => Holding(n, view, committed: true))], [], Words(forgotten));

        Assert.Equal(Words(waitingFor), outcome.WaitingFor.ToArray());
        Assert.Equal(waitingFor.Length == 0, outcome.CanStart);
        Assert.Equal(mayLackViews && outcome.CanStart, outcome.MayLackViews);
    }

    [Fact]
    public void Decide_ForgottenNodeMayHaveDecidedAlone_WaitsForMembersThatWereNotInSync()
    {
        // b may have filled c, and c may have all that was acknowledged since.
        var view = Three.WithMember("c", MemberState.Down);

        Assert.Equal(["c"], Decide([Holding("a", view, committed: true)], [], "b").WaitingFor.ToArray());
        Assert.True(Decide([Holding("a", view, committed: true), Holding("c", view, committed: true)], [], "b") is { CanStart: true, MayLackViews: true });
        Assert.True(Decide([Holding("a", view, committed: true)], [], "b", "c").CanStart);
    }

    [Theory]
    [InlineData("a b c", "", true, false)]
    [InlineData("a", "b", false, true)]
    [InlineData("a b", "", false, false)]
    [InlineData("", "a b", true, false)]
    public void Decide_SomeHaveAProposal_TellsWhetherItCanHaveBeenInForce(
        string haveIt, string haveItNot, bool isCommitted, bool isRefuted)
    {
        var proposed = ViewPlanner.Next(Views.After(Three, Views.Nodes("a", "b", "c")) with { Leaving = new HashSet<string> { "c" } });
        var promises = Words(haveIt).Select(n => Holding(n, proposed, committed: false))
            .Concat(Words(haveItNot).Select(n => Holding(n, Three, committed: true)));

        var outcome = Decide([.. promises]);

        Assert.Equal((true, isCommitted, isRefuted), (outcome.CanStart, outcome.IsBaseCommitted, outcome.IsBaseRefuted));
    }

    [Theory]
    [InlineData("store-b", true)]
    [InlineData("another", false)]
    public void Decide_VoterOfTheParentThatWasRemoved_CountsWithItsStoreOnly(string store, bool canStart)
    {
        // The proposal may never have been in force: three of the five are to be heard.
        var five = Views.Begin(2, "a", "b", "c", "d", "e");
        var proposed = ViewPlanner.Next(Views.After(five, Views.Nodes("c", "d", "e")) with { Forgotten = new HashSet<string> { "a", "b" } });
        Assert.Equal(["a~store-a", "b~store-b", "c", "d", "e"], proposed.ParentInSync.ToArray());

        var outcome = Decide([Holding("c", proposed, committed: false), Holding("d", proposed, committed: false), new Promise("b", new(store, 7), five, false)]);

        Assert.Same(proposed, outcome.Base);
        Assert.Equal(canStart, outcome.CanStart);
        Assert.Equal(canStart ? [] : ["a", "b", "e"], outcome.WaitingFor.ToArray());
    }

    [Fact]
    public void Decide_LaterViewWasHeardOf_WaitsForThoseWhoKnow()
    {
        var bAlone = ViewPlanner.Next(Views.After(Two, Views.Nodes("b")));
        var aAlone = ViewPlanner.Next(Views.After(bAlone, Views.Nodes("a")) with { Epoch = new(70_000, 1), Forgotten = new HashSet<string> { "b" } });
        Promise[] promises = [Holding("b", bAlone, committed: true)];

        var outcome = StartDecision.Decide(promises, [], new HashSet<string>(), heard: aAlone);

        Assert.True(Decide(promises).CanStart);
        Assert.False(outcome.CanStart);
        Assert.Equal(["a"], outcome.WaitingFor.ToArray());
    }

    [Fact]
    public void Decide_ProposalThatWasHeardOfIsOutvoted_DoesNotWaitForIt()
    {
        var proposed = ViewPlanner.Next(Views.After(Three, Views.Nodes("c")));

        var outcome = StartDecision.Decide(
            [Holding("a", Three, committed: true), Holding("b", Three, committed: true)], [], new HashSet<string>(), heard: proposed);

        Assert.True(outcome.CanStart);
        Assert.Same(Three, outcome.Base);
    }

    [Fact]
    public void Decide_ProposalIsOutvoted_WhoHasItHadTheViewBefore()
    {
        // c has taken the proposal over the view that d and e have: that is no word against that view.
        var five = Views.Begin(2, "a", "b", "c", "d", "e");
        var without = ViewPlanner.Next(Views.After(five, Views.Nodes("b", "c", "d", "e")));
        var proposed = ViewPlanner.Next(Views.After(without, Views.Nodes("c", "d", "e")));

        var outcome = Decide(
        [
            Holding("c", proposed, committed: false), Holding("d", without, committed: false), Holding("e", without, committed: false),
            Holding("a", five, committed: true),
        ]);

        Assert.Equal((true, false, false), (outcome.CanStart, outcome.IsBaseCommitted, outcome.IsBaseRefuted));
        Assert.Same(without, outcome.Base);
    }

    [Fact]
    public void Decide_OnlyInSyncNodeWasForgottenAndIsBack_GoesOnFromItsView()
    {
        // No view without it can ever be committed by those that are left.
        var alone = ViewPlanner.Next(Views.After(Three, Views.Nodes("a")));
        var only = alone.With(slots: [.. alone.Slots.Select(_ => new SlotPlacement(["a"], []))]);
        var proposed = ViewPlanner.Next(Views.After(only, Views.Nodes("b", "c")) with { Forgotten = new HashSet<string> { "a" } });

        var outcome = Decide([Holding("a", only, committed: true), Holding("b", proposed, committed: false), Holding("c", proposed, committed: false)]);

        Assert.Same(only, outcome.Base);
        Assert.True(outcome is { CanStart: true, IsBaseCommitted: true });
        Assert.False(Decide([Holding("b", proposed, committed: false), Holding("c", proposed, committed: false)]).CanStart);
        Assert.False(Decide([Holding("a", only, committed: true, store: "another"), Holding("b", proposed, committed: false), Holding("c", proposed, committed: false)]).CanStart);
    }

    [Fact]
    public void Decide_NodeWithNewStore_CountsForNoQuorum()
    {
        var wiped = new Promise("b", new Incarnation("another", 1), null, false);

        var outcome = Decide([Holding("a", Two, committed: true), wiped]);

        Assert.False(outcome.CanStart);
        Assert.Equal(["b"], outcome.WaitingFor.ToArray());
    }

    [Fact]
    public void Decide_NodeStartedAgainOnItsStore_Counts()
    {
        var restarted = new Promise("b", new Incarnation("store-b", 9), Two, false);

        Assert.True(Decide([Holding("a", Two, committed: true), restarted]).CanStart);
    }

    [Fact]
    public void Decide_HighestViewNotKnownCommitted_NeedsAStartQuorumOfItsParentToo()
    {
        // b was lost, and a view without it was proposed: perhaps b and c went on from the parent meanwhile.
        var proposed = ViewWithoutB(["a", "b", "c"]);

        var alone = Decide([Holding("a", proposed, committed: false)]);

        Assert.False(alone.CanStart);
        Assert.Equal(["b", "c"], alone.WaitingFor.ToArray());
    }

    [Fact]
    public void Decide_HighestViewKnownCommittedByOneNode_NeedsNothingOfItsParent()
    {
        var committed = ViewWithoutB(["a", "b", "c"]);

        Assert.True(Decide([Holding("a", committed, committed: true)]).CanStart);
    }

    [Fact]
    public void Decide_PromisersProveTheCommit_NeedsNothingOfTheParent()
    {
        // The only in-sync node of the view has it, and it is a change quorum of the two that came before.
        var committed = ViewWithoutB(["a", "b"]);

        Assert.True(Decide([Holding("a", committed, committed: false)]).CanStart);
    }

    [Fact]
    public void Decide_ViewThatFollowsAnAbandonedOneOfOthers_IsNotTakenForCommitted()
    {
        // b may have the view in which it is alone, and a coordinator may have started from that.
        var proposed = ViewWithoutB(["a", "b"]) with { Abandoned = [["b"]] };

        var alone = Decide([Holding("a", proposed, committed: false)]);

        Assert.Equal(["b"], alone.WaitingFor.ToArray());
        Assert.True(Decide([Holding("a", proposed, committed: true)]).CanStart);
        Assert.True(Decide([Holding("a", ViewWithoutB(["a", "b"]) with { Abandoned = [["a"]] }, committed: false)]).CanStart);
    }

    [Fact]
    public void Decide_VoterOfTheParentHasAnotherStore_IsNamedAndCanBeForgotten()
    {
        var proposed = ViewWithoutB(["a", "b~lost"]);

        Assert.Equal(["b"], Decide([Holding("a", proposed, committed: false) with { View = proposed with { Abandoned = [["b~lost"]] } }]).WaitingFor.ToArray());
        Assert.True(Decide([Holding("a", proposed with { Abandoned = [["b~lost"]] }, committed: false)], [], "b").CanStart);
    }

    [Theory]
    [InlineData("a b", "c d e")]
    [InlineData("a b c", "")]
    public void Decide_ViewThatFollowsAProposal_NeedsAStartQuorumOfWhatThatFollowed(string there, string waitingFor)
    {
        // The proposal was without all but a; the view after it was to be on a, b and c, and did not get that far.
        var proposed = Views.Begin(2, "a", "b", "c").With(parentInSync: ["a"], epoch: new(2, 1)) with { Undecided = [["a", "b", "c", "d", "e"]] };

        var outcome = Decide([.. Words(there).Take(2).Select(n => Holding(n, proposed, committed: false)), .. Words(there).Skip(2).Select(n => Holding(n, Three, committed: true))]);

        Assert.Equal(Words(waitingFor), outcome.WaitingFor.ToArray());
        Assert.False(outcome.IsBaseCommitted);
    }

    [Fact]
    public void Decide_HigherViewOnAMinority_IsTheOneToGoOnFrom()
    {
        var higher = Three.With(parentInSync: ["a", "b", "c"], epoch: new(2, 1));

        var outcome = Decide([Holding("a", Three, committed: true), Holding("b", higher, committed: false)]);

        Assert.True(outcome.CanStart);
        Assert.Same(higher, outcome.Base);
    }

    [Fact]
    public void Decide_NodesThatTheViewDoesNotKnow_CountForNoQuorum()
    {
        var outcome = Decide([Holding("a", Three, committed: true), Empty("x"), Empty("y")]);

        Assert.False(outcome.CanStart);
        Assert.Equal(["b", "c"], outcome.WaitingFor.ToArray());
    }

    private static View ViewWithoutB(string[] parentInSync) => Two
        .WithMember("b", MemberState.Down)
        .With(slots: [.. Two.Slots.Select(_ => new SlotPlacement(["a"], []))], parentInSync: [.. parentInSync], epoch: new(1, 2));

    private static StartOutcome Decide(Promise[] promises, string[]? configured = null, params string[] forgotten) =>
        StartDecision.Decide(promises, configured ?? [], forgotten.ToHashSet());

    private static Promise Empty(string name) => new(name, new Incarnation($"store-{name}", 1), null, false);

    private static Promise Holding(string name, View view, bool committed, string? store = null) =>
        new(name, new Incarnation(store ?? $"store-{name}", 1), view, committed);

    private static string[] Words(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
