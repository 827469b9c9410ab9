using KvAspire.Checking;
using static KvAspire.Checking.OperationKind;
using static KvAspire.Checking.OperationOutcome;

namespace KvAspire.Tests.Checking;

public sealed class ShortestHistoryTests
{
    [Fact]
    public void Of_StaleReadInALongHistory_IsTwoWritesAndTheRead()
    {
        var history = Busy(60);
        history.Add(Done(Read, "v7", 1000, 1001));
        history.Add(Done(Read, "v59", 1002, 1003));

        var shortest = ShortestHistory.Of(history);

        Assert.Equal(3, shortest.Count);
        Assert.Equal((Write, "v7", Ok), (shortest[0].Kind, shortest[0].Value, shortest[0].Outcome));
        Assert.Equal((Write, Ok), (shortest[1].Kind, shortest[1].Outcome));
        Assert.True(shortest[1].Start > shortest[0].End, "The write between does not follow the one whose value was read.");
        Assert.Equal((Read, "v7"), (shortest[2].Kind, shortest[2].Value));
        Assert.False(LinearizabilityChecker.IsLinearizable([.. shortest]));
    }

    [Fact]
    public void Of_LostWrite_IsTheWriteAndTheReadOfNothing()
    {
        var history = Busy(40);
        history.Add(Done(Read, null, 1000, 1001));

        var shortest = ShortestHistory.Of(history);

        Assert.Equal([Write, Read], shortest.Select(o => o.Kind));
        Assert.Equal(Ok, shortest[0].Outcome);
        Assert.Null(shortest[1].Value);
    }

    [Fact]
    public void Of_DeletedValueIsBack_KeepsTheDeleteThatMakesItWrong()
    {
        var history = new[]
        {
            Done(Write, "a", 0, 1),
            Done(WriteIfExists, null, 2, 3),
            Done(Read, null, 4, 5),
            Done(Read, "a", 6, 7),
        };

        var shortest = ShortestHistory.Of(history);

        // Either the delete or the read of nothing shows that the value was gone.
        Assert.Equal(["a", null, "a"], shortest.Select(o => o.Value));
        Assert.False(LinearizabilityChecker.IsLinearizable([.. shortest]));
    }

    [Fact]
    public void Of_ReadOfWhatIsWrittenLater_ShowsTheLaterWrite()
    {
        var history = new[] { Done(Write, "x", 0, 1), Done(Read, "a", 2, 3), Done(Write, "a", 4, 5), Done(Read, "a", 6, 7) };

        var shortest = ShortestHistory.Of(history);

        Assert.Equal([Read, Write], shortest.Select(o => o.Kind));
        Assert.True(shortest[0].End < shortest[1].Start);
    }

    [Fact]
    public void Of_SameConditionHoldsTwice_KeepsBothAndNothingElse()
    {
        var history = Busy(20);
        history.Add(new Operation(WriteIfMatch, "p", "v19", 1000, 1010, Ok) { Client = 1 });
        history.Add(new Operation(WriteIfMatch, "q", "v19", 1000, 1010, Ok) { Client = 2 });
        history.Add(Done(Write, "z", 1020, 1021));

        var shortest = ShortestHistory.Of(history);

        Assert.Contains(shortest, o => o.Value == "p");
        Assert.Contains(shortest, o => o.Value == "q");
        Assert.InRange(shortest.Count, 2, 4);
        Assert.False(LinearizabilityChecker.IsLinearizable([.. shortest]));
    }

    [Fact]
    public void Of_ManyRandomContradictions_IsNeverExplainableAndCannotLoseARead()
    {
        var random = new Random(3);
        for (var round = 0; round < 40; round++)
        {
            var history = Busy(30);
            history.Add(Done(Read, $"v{random.Next(28)}", 1000, 1001));

            var shortest = ShortestHistory.Of(history);

            Assert.False(LinearizabilityChecker.IsLinearizable([.. shortest]));
            Assert.Equal(3, shortest.Count);
        }
    }

    [Fact]
    public void Of_ValueIsThereAfterItsExpiry_KeepsItsWriteAndTheExpiry()
    {
        var history = Busy(20);
        history.Add(Done(WriteIfExists, "x", 1000, 1001));
        history.Add(new Operation(Expiry, null, "x", 1000, 1010, Ok));
        history.Add(Done(Read, "x", 1020, 1021));

        var shortest = ShortestHistory.Of(history);

        Assert.Equal(3, shortest.Count);
        Assert.Contains(shortest, o => (o.Value, o.Outcome) == ("x", Ok) && o.Kind != Read);
        Assert.Contains(shortest, o => o.Kind == Expiry);
        Assert.False(LinearizabilityChecker.IsLinearizable([.. shortest]));
    }

    /// <summary>Overlapping writes and right reads, with some writes of unknown outcome that were never seen.</summary>
    private static List<Operation> Busy(int writes)
    {
        var history = new List<Operation>();
        for (var i = 0; i < writes; i++)
        {
            history.Add(Done(Write, $"v{i}", i * 10, (i * 10) + 3));
            history.Add(Done(Read, $"v{i}", (i * 10) + 4, (i * 10) + 5));
            if (i % 10 == 5)
            {
                history.Add(new Operation(Write, $"u{i}", null, (i * 10) + 6, 0, Unknown));
            }
        }

        return history;
    }

    private static Operation Done(OperationKind kind, string? value, long start, long end) => new(kind, value, null, start, end, Ok);
}
