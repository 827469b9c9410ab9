using KvAspire.Balancer.Cluster;

namespace KvAspire.Tests.Cluster;

public sealed class ViewCodecTests
{
    [Fact]
    public void ToMessage_ViewWithEverythingInIt_ComesBackTheSame()
    {
        var view = Views.Begin(2, "a", "b", "c", "d")
            .WithMember("b", MemberState.Down, downSince: 123_456_789_012)
            .WithMember("c", MemberState.Leaving)
            .WithMember("d", MemberState.Joining)
            .WithSlot(0, ["a", "c"], new CatchingUp("d", new(7, 3)), new CatchingUp("b", new(uint.MaxValue, uint.MaxValue)))
            .WithSlot(1, []);
        view = view.With(
                slots: view.Slots.SetItem(2, new SlotPlacement(["a", "b"], [], new(3, 4)) { HeldAs = [17, ulong.MaxValue], Dropped = [new("c", 19), new("d", 1)], DroppedBy = new(2, 9) }))
            .With(parentInSync: ["a", "c"], epoch: new(uint.MaxValue, 5));
        view = new View(
            view.Epoch, view.Coordinator, view.Cluster, view.Members, view.Slots, view.ParentInSync, 3, ["x", "y"])
        {
            Abandoned = [["a"], ["b~store", "c"]],
            Undecided = [["c"], ["a", "b~store"]],
        };

        var back = view.ToMessage().ToView();

        Assert.True(back.SaysTheSameAs(view));
        Assert.Equal(view.Epoch, back.Epoch);
        Assert.Equal(view.Coordinator, back.Coordinator);
        Assert.Equal(view.Cluster, back.Cluster);
        Assert.Equal(view.Members.Values, back.Members.Values);
        Assert.Equal(view.Slots.ToArray(), back.Slots.ToArray());
        Assert.Equal(view.ParentInSync.ToArray(), back.ParentInSync.ToArray());
        Assert.Equal(view.Abandoned.Select(a => string.Join(' ', a)), back.Abandoned.Select(a => string.Join(' ', a)));
        Assert.Equal(view.Undecided.Select(u => string.Join(' ', u)), back.Undecided.Select(u => string.Join(' ', u)));
        Assert.Equal(view.InSync, back.InSync);
        Assert.Equal(3, back.ReplicationFactor);
        Assert.Equal(["x", "y"], back.Removed);
    }

    [Fact]
    public void ToMessage_IncarnationWithLargeStart_ComesBackTheSame()
    {
        var incarnation = new Incarnation("store", ulong.MaxValue);

        Assert.Equal(incarnation, incarnation.ToMessage().ToIncarnation());
        Assert.Equal(Incarnation.None, ViewCodec.ToIncarnation(null));
    }

    [Fact]
    public void SaysTheSameAs_OneThingDiffers_IsFalse()
    {
        var view = Views.Begin(2, "a", "b", "c");

        Assert.True(view.SaysTheSameAs(Views.Begin(2, "a", "b", "c").With(epoch: new(9, 9))));
        Assert.False(view.SaysTheSameAs(view.WithMember("a", MemberState.Leaving)));
        Assert.False(view.SaysTheSameAs(view.WithSlot(1023, ["a"])));
        Assert.False(view.SaysTheSameAs(view.WithSlot(1023, view.ChainOf(1023), new CatchingUp("x", new(1, 1)))));
        Assert.False(view.SaysTheSameAs(view.With(slots: view.Slots.SetItem(9, view.Slots[9] with { HeldAs = [1, 2] }))));
        Assert.False(view.SaysTheSameAs(view.With(members: view.Members.SetItem("a", view.Members["a"] with { StoreSince = new(7, 7) }))));
        Assert.True(view.SaysTheSameAs(view.With(slots: view.Slots.SetItem(9, view.Slots[9] with { Dropped = [new("x", 2)] }))));
        Assert.False(view.SaysTheSameAs(Views.Begin(1, "a", "b", "c")));
    }
}
