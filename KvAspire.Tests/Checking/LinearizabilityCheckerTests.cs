using KvAspire.Checking;
using static KvAspire.Checking.OperationKind;
using static KvAspire.Checking.OperationOutcome;

namespace KvAspire.Tests.Checking;

public sealed class LinearizabilityCheckerTests
{
    [Fact]
    public void IsLinearizable_NothingHappened_IsTrue() => Assert.True(Check());

    [Fact]
    public void IsLinearizable_OneAfterAnother_IsTrue() => Assert.True(Check(
        Done(Read, null, 0, 1),
        Done(Write, "a", 2, 3),
        Done(Read, "a", 4, 5),
        Done(Write, null, 6, 7),
        Done(Read, null, 8, 9)));

    [Fact]
    public void IsLinearizable_ReadDuringWrite_MaySeeEither() => Assert.True(Check(
        Done(Write, "a", 0, 1),
        Done(Write, "b", 2, 10),
        Done(Read, "a", 3, 4),
        Done(Read, "b", 5, 6)));

    [Fact]
    public void IsLinearizable_ReadsDuringWriteGoBack_IsFalse() => Assert.False(Check(
        Done(Write, "a", 0, 1),
        Done(Write, "b", 2, 10),
        Done(Read, "b", 3, 4),
        Done(Read, "a", 5, 6)));

    [Fact]
    public void IsLinearizable_StaleRead_IsFalse() => Assert.False(Check(
        Done(Write, "a", 0, 1),
        Done(Write, "b", 2, 3),
        Done(Read, "a", 4, 5)));

    [Fact]
    public void IsLinearizable_AcknowledgedWriteIsLost_IsFalse() => Assert.False(Check(
        Done(Write, "a", 0, 1),
        Done(Read, null, 2, 3)));

    [Fact]
    public void IsLinearizable_DeletedValueIsBack_IsFalse() => Assert.False(Check(
        Done(Write, "a", 0, 1),
        Done(Write, null, 2, 3),
        Done(Read, null, 4, 5),
        Done(Read, "a", 6, 7)));

    [Fact]
    public void IsLinearizable_ReadOfWhatIsWrittenLater_IsFalse() => Assert.False(Check(
        Done(Read, "a", 0, 1),
        Done(Write, "a", 2, 3)));

    [Fact]
    public void IsLinearizable_UnknownWriteSeenMuchLater_IsTrue() => Assert.True(Check(
        Done(Write, "a", 0, 1),
        Lost(Write, "b", 2),
        Done(Read, "a", 3, 4),
        Done(Write, "c", 5, 6),
        Done(Read, "b", 7, 8)));

    [Fact]
    public void IsLinearizable_UnknownWriteNeverSeen_IsTrue() => Assert.True(Check(
        Lost(Write, "b", 0),
        Done(Read, null, 1, 2)));

    [Fact]
    public void IsLinearizable_UnknownWriteTakesEffectTwice_IsFalse() => Assert.False(Check(
        Lost(Write, "b", 0),
        Done(Read, "b", 1, 2),
        Done(Write, "c", 3, 4),
        Done(Read, "c", 5, 6),
        Done(Read, "b", 7, 8)));

    [Fact]
    public void IsLinearizable_UnknownWriteSeenBeforeItWasAsked_IsFalse() => Assert.False(Check(
        Done(Read, "b", 0, 1),
        Lost(Write, "b", 2)));

    [Fact]
    public void IsLinearizable_SameConditionHoldsTwice_IsFalse() => Assert.False(Check(
        Done(Write, "a", 0, 1),
        Matching("a", "b", 2, 10, Ok),
        Matching("a", "c", 2, 10, Ok)));

    [Fact]
    public void IsLinearizable_ConditionHoldsForOneOfTwo_IsTrue() => Assert.True(Check(
        Done(Write, "a", 0, 1),
        Matching("a", "b", 2, 10, NotPassed),
        Matching("a", "c", 2, 10, Ok),
        Done(Read, "c", 11, 12)));

    [Fact]
    public void IsLinearizable_ConditionThatDidNotHoldTookEffect_IsFalse() => Assert.False(Check(
        Done(Write, "a", 0, 1),
        Matching("x", "b", 2, 3, NotPassed),
        Done(Read, "b", 4, 5)));

    [Fact]
    public void IsLinearizable_ConditionShouldHaveHeld_IsFalse() => Assert.False(Check(
        Done(Write, "a", 0, 1),
        Matching("a", "b", 2, 3, NotPassed)));

    [Fact]
    public void IsLinearizable_ConditionFailsForWhatIsSeenOnlyLater_IsFalse() => Assert.False(Check(
        Done(Write, "a", 0, 1),
        Lost(Write, "b", 2),
        Matching("a", "c", 3, 4, NotPassed),
        Done(Read, "a", 5, 6)));

    [Theory]
    [InlineData(WriteIfExists, "a", Ok)]
    [InlineData(WriteIfExists, null, NotPassed)]
    [InlineData(WriteIfAbsent, "a", NotPassed)]
    [InlineData(WriteIfAbsent, null, Ok)]
    [InlineData(WriteIfNoMatch, "a", Ok)]
    [InlineData(WriteIfNoMatch, "x", NotPassed)]
    [InlineData(WriteIfNoMatch, null, Ok)]
    [InlineData(WriteIfMatch, "x", Ok)]
    [InlineData(WriteIfMatch, "a", NotPassed)]
    [InlineData(WriteIfMatch, null, NotPassed)]
    internal void IsLinearizable_Condition_HasOneAnswer(OperationKind kind, string? before, OperationOutcome right)
    {
        var wrong = right == Ok ? NotPassed : Ok;

        Assert.True(Check(Done(Write, before, 0, 1), new Operation(kind, "b", "x", 2, 3, right)));
        Assert.False(Check(Done(Write, before, 0, 1), new Operation(kind, "b", "x", 2, 3, wrong)));
    }

    [Fact]
    public void IsLinearizable_ManyUnknownWrites_EndsSoon()
    {
        var history = new List<Operation>();
        for (var i = 0; i < 400; i++)
        {
            history.Add(i % 20 == 0 ? Lost(Write, $"u{i}", i * 10) : Done(Write, $"v{i}", i * 10, (i * 10) + 25));
            history.Add(Done(Read, i % 20 == 0 ? $"v{i - 1}" : $"v{i}", (i * 10) + 5, (i * 10) + 12));
        }

        history.RemoveAt(1);
        Assert.True(LinearizabilityChecker.IsLinearizable(history));
        history.Add(Done(Read, "v7", 10_000, 10_001));
        Assert.False(LinearizabilityChecker.IsLinearizable(history));
    }

    [Fact]
    public void IsLinearizable_ValueIsThereAfterItsExpiry_IsFalse() => Assert.False(Check(
        Done(Write, "a", 0, 10),
        Ending("a", 0, 20),
        Done(Read, "a", 30, 31)));

    [Fact]
    public void IsLinearizable_ValueOfAConditionalWriteIsThereAfterItsExpiry_IsFalse() => Assert.False(Check(
        Done(Write, "a", 0, 1),
        Matching("a", "b", 2, 10, Ok),
        Ending("b", 2, 20),
        Done(Read, "b", 30, 31)));

    [Fact]
    public void IsLinearizable_ExpiryRightAfterItsWrite_IsTrue() => Assert.True(Check(
        Done(Write, "a", 0, 10),
        Ending("a", 0, 20),
        Done(Read, null, 11, 12)));

    [Fact]
    public void IsLinearizable_ExpiryOfAValueThatWasReplaced_ChangesNothing() => Assert.True(Check(
        Done(Write, "a", 0, 1),
        Done(Write, "b", 2, 3),
        Ending("a", 0, 20),
        Done(Read, "b", 30, 31)));

    [Fact]
    public void IsLinearizable_ExpiryEndsBeforeItsUnknownWriteIsSeen_IsTrue() => Assert.True(Check(
        Lost(Write, "a", 0),
        Ending("a", 1, 2),
        Done(Read, null, 3, 4),
        Done(Read, "a", 5, 6)));

    [Fact]
    public void IsLinearizable_ExpiryWithoutItsWrite_IsTrue() => Assert.True(Check(
        Done(Write, "a", 0, 1),
        Ending("b", 2, 3),
        Done(Read, "a", 4, 5)));

    [Fact]
    public void IsLinearizable_UnknownWriteSavesAKeyFromAnExpiry_IsTrue() => Assert.True(Check(
        Done(Write, "v", 0, 1),
        new Operation(WriteIfMatch, "w", "v", 2, 0, Unknown),
        Ending("v", 3, 4),
        Done(WriteIfExists, "s", 5, 6)));

    [Fact]
    public void IsLinearizable_RandomShortHistories_AgreesWithTryingEveryOrder()
    {
        var random = new Random(1);
        var explained = 0;
        for (var i = 0; i < 40_000; i++)
        {
            var history = Enumerable.Range(0, random.Next(2, 8)).Select(n => Any(random, n, i % 2 == 0)).ToArray();
            var expected = EveryOrder.Explains(history);
            explained += expected ? 1 : 0;

            Assert.True(
                expected == LinearizabilityChecker.IsLinearizable(history),
                $"{(expected ? "can" : "cannot")} be explained:\n{string.Join("\n", history.OrderBy(o => o.Start))}");
        }

        Assert.InRange(explained, 4_000, 36_000);
    }

    [Fact]
    public void FirstContradiction_StaleReadInTheMiddle_IsItsEnd()
    {
        var history = new[]
        {
            Done(Write, "a", 0, 1),
            Done(Write, "b", 2, 3),
            Done(Read, "a", 4, 5),
            Done(Read, "b", 6, 7),
            Done(Write, "c", 8, 9),
        };

        Assert.Equal(5, LinearizabilityChecker.FirstContradiction(history));
    }

    [Fact]
    public void FirstContradiction_WriteBeginsWhenTheReadOfItEnds_IsLater()
    {
        var history = new[]
        {
            Done(Read, "a", 0, 5),
            Done(Write, "a", 5, 20),
            Done(Read, "b", 7, 8),
        };

        Assert.Equal(8, LinearizabilityChecker.FirstContradiction(history));
    }

    /// <summary>Any operation at any time; each write stores a value of its own, or none.</summary>
    private static Operation Any(Random random, int number, bool isOftenUnknown)
    {
        string? Some() => random.Next(6) is var v and < 5 ? $"v{v}" : null;
        var kind = random.Next(8) switch { 0 => WriteIfExists, 1 => WriteIfAbsent, 2 => WriteIfMatch, 3 => WriteIfNoMatch, 4 => Expiry, < 7 => Read, _ => Write };
        var start = random.Next(12);
        var outcome = random.Next(isOftenUnknown ? 8 : 5) switch
        {
            >= 3 when kind is not Read and not Expiry => Unknown,
            2 when kind is not Read and not Expiry and not Write => NotPassed,
            _ => Ok,
        };
        var value = kind switch { Read => Some(), Expiry => null, _ => random.Next(3) == 0 ? null : $"v{number}" };
        var expected = kind is WriteIfMatch or WriteIfNoMatch or Expiry ? Some() ?? "v0" : null;
        return new Operation(kind, value, expected, start, start + random.Next(1, 8), outcome);
    }

    private static bool? Check(params Operation[] history)
    {
        // The order in which operations are recorded says nothing.
        var told = LinearizabilityChecker.IsLinearizable(history);
        Assert.Equal(told, LinearizabilityChecker.IsLinearizable([.. history.Reverse()]));
        return told;
    }

    private static Operation Done(OperationKind kind, string? value, long start, long end) => new(kind, value, null, start, end, Ok);

    private static Operation Lost(OperationKind kind, string? value, long start) => new(kind, value, null, start, 0, Unknown);

    private static Operation Ending(string value, long start, long end) => new(Expiry, null, value, start, end, Ok);

    private static Operation Matching(string expected, string value, long start, long end, OperationOutcome outcome) =>
        new(WriteIfMatch, value, expected, start, end, outcome);
}
