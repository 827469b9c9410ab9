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
        for (var i = 0; i < 100_000; i++)
        {
            var history = Some(random, isOftenUnknown: i % 2 == 0);
            var expected = EveryOrder.Explains(history);
            explained += expected ? 1 : 0;
            if (LinearizabilityChecker.IsLinearizable(history) != expected)
            {
                Assert.Fail($"{(expected ? "can" : "cannot")} be explained:\n{Lines(history)}");
            }
        }

        Assert.InRange(explained, 10_000, 90_000);
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

    [Fact]
    public void UpTo_RandomHistoriesThatCanBeExplained_CanBeExplainedAtEachTime()
    {
        var random = new Random(2);
        for (var i = 0; i < 10_000; i++)
        {
            var history = Some(random, isOftenUnknown: i % 2 == 0);
            if (EveryOrder.Explains(history)
                && Array.Find(history, o => !EveryOrder.Explains(LinearizabilityChecker.UpTo(history, o.End))) is { } last)
            {
                Assert.Fail($"can be explained, but not up to {last.End}:\n{Lines(history)}");
            }
        }
    }

    /// <summary>
    /// Any operations at any time; each write stores a value of its own, or none. Reads, conditions and expiries are of these values
    /// most often.
    /// </summary>
    private static Operation[] Some(Random random, bool isOftenUnknown)
    {
        var history = new Operation[random.Next(3, 8)];
        var longest = random.Next(2) == 0 ? 3 : 7;
        for (var i = 0; i < history.Length; i++)
        {
            var kind = random.Next(9) switch { 0 => WriteIfExists, 1 => WriteIfAbsent, 2 => WriteIfMatch, 3 => WriteIfNoMatch, 4 or 5 => Expiry, 6 or 7 => Read, _ => Write };
            var outcome = random.Next(isOftenUnknown ? 8 : 5) switch
            {
                >= 3 when kind is not Read and not Expiry => Unknown,
                2 when kind is not Read and not Expiry and not Write => NotPassed,
                _ => Ok,
            };
            var start = random.Next(16);
            history[i] = new Operation(kind, kind is Read or Expiry || random.Next(4) == 0 ? null : $"v{i}", null, start, start + random.Next(1, longest + 1), outcome);
        }

        Operation[] writes = [.. history.Where(o => o.Value is not null)];
        return [.. history.Select(o => o.Kind switch
        {
            Read => o with { Value = Any()?.Value },
            WriteIfMatch or WriteIfNoMatch => o with { Expected = Any()?.Value ?? "none" },
            Expiry when Any() is { } write && random.Next(4) > 0 => EndOf(write),
            Expiry => o with { Expected = Any()?.Value ?? "none" },
            _ => o,
        })];

        Operation? Any() => random.Next(writes.Length + 1) is var i && i < writes.Length ? writes[i] : null;

        // As the checker makes them: possible from when the write was under way on, and over some time after it.
        Operation EndOf(Operation write)
        {
            var start = write.Start + random.Next(4);
            return Ending(write.Value!, start, Math.Max(start, write.End) + random.Next(3));
        }
    }

    private static string Lines(Operation[] history) => string.Join("\n", history.OrderBy(o => o.Start));

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
