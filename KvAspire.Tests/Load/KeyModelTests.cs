using KvAspire.Load.Verification;

namespace KvAspire.Tests.Load;

public sealed class KeyModelTests
{
    private readonly KeyModel _model = new();

    [Fact]
    public void SeeAbsent_NeverWritten_IsExpected()
    {
        Assert.Equal(Observation.Expected, _model.SeeAbsent());
        Assert.Equal(Observation.NeverWritten, _model.SeeValue(1));
    }

    [Fact]
    public void See_AfterAcknowledgedWrites_OnlyTheLastIsExpected()
    {
        Acknowledged();
        Acknowledged();

        Assert.Equal(Observation.Expected, _model.SeeValue(2));
        Assert.Equal(Observation.Stale, _model.SeeValue(1));
        Assert.Equal(Observation.Lost, _model.SeeAbsent());
        Assert.Equal(Observation.NeverWritten, _model.SeeValue(3));
    }

    [Fact]
    public void See_AfterAcknowledgedDeletion_AValueIsStale()
    {
        Acknowledged();
        Acknowledged(isValue: false);

        Assert.Equal(Observation.Expected, _model.SeeAbsent());
        Assert.Equal(Observation.Stale, _model.SeeValue(1));
    }

    [Fact]
    public void SeeValue_OpenWrite_OldIsExpectedUntilTheNewWasSeen()
    {
        Acknowledged();
        Open();

        Assert.Equal(Observation.Expected, _model.SeeValue(1));
        Assert.Equal(Observation.Settled, _model.SeeValue(2));
        Assert.Equal(Observation.Expected, _model.SeeValue(2));
        Assert.Equal(Observation.Stale, _model.SeeValue(1));
    }

    [Fact]
    public void SeeAbsent_OpenDeletion_SettlesIt()
    {
        Acknowledged();
        Open(isValue: false);

        Assert.Equal(Observation.Expected, _model.SeeValue(1));
        Assert.Equal(Observation.Settled, _model.SeeAbsent());
        Assert.Equal(Observation.Stale, _model.SeeValue(1));
    }

    [Fact]
    public void SeeAbsent_SeveralOpenDeletions_LeavesEachPossible()
    {
        Acknowledged();
        Open(isValue: false, placed: false);
        Open(isValue: false, placed: false);

        Assert.Equal(Observation.Settled, _model.SeeAbsent());
        Acknowledged();
        Assert.Equal(Observation.Late, _model.SeeAbsent());
    }

    [Fact]
    public void SeeValue_OpenWriteWithAPlaceAfterALaterOne_IsStale()
    {
        Open(placed: true);
        Acknowledged();

        Assert.Equal(Observation.Stale, _model.SeeValue(1));
    }

    [Fact]
    public void SeeValue_OpenWriteWithoutAPlaceAfterALaterOne_IsLateOnce()
    {
        Open(placed: false);
        Acknowledged();

        Assert.Equal(Observation.Late, _model.SeeValue(1));
        Assert.Equal(Observation.Stale, _model.SeeValue(2));
        Acknowledged();
        Assert.Equal(Observation.Stale, _model.SeeValue(1));
    }

    [Fact]
    public void SeeValue_LaterOpenWriteSeen_EarlierOneWithAPlaceIsStale()
    {
        Open();
        Open();

        Assert.Equal(Observation.Settled, _model.SeeValue(2));
        Assert.Equal(Observation.Stale, _model.SeeValue(1));
        Assert.Equal(0, _model.OpenWrites);
    }

    [Fact]
    public void SeeValue_RefusedWrite_IsRefused()
    {
        Acknowledged();
        _model.Begin();
        _model.Refuse();

        Assert.Equal(Observation.Refused, _model.SeeValue(2));
        Assert.Equal(Observation.Expected, _model.SeeValue(1));
    }

    private void Acknowledged(bool isValue = true)
    {
        _model.Begin();
        _model.Acknowledge(isValue);
    }

    private void Open(bool isValue = true, bool placed = true)
    {
        _model.Begin();
        _model.LeaveOpen(isValue, placed);
    }
}
