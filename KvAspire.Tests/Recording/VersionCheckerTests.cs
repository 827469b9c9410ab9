using KvAspire.Checking;
using KvAspire.Checking.Histories;
using static KvAspire.Checking.OperationKind;
using static KvAspire.Checking.OperationOutcome;

namespace KvAspire.Tests.Recording;

public sealed class VersionCheckerTests
{
    [Fact]
    public void FirstStepBack_VersionsRise_IsNull() => Assert.Null(VersionChecker.FirstStepBack(
        [Told(Write, "a", 0, 1, 5), Told(Read, "a", 2, 3, 5), Told(Write, "b", 4, 5, 6), Told(WriteIfMatch, "c", 6, 7, 7), Told(Read, "c", 8, 9, 7)]));

    [Fact]
    public void FirstStepBack_LowerVersionIsRead_IsThatReadAfterTheHighestTold()
    {
        var highest = Told(Read, "b", 4, 5, 6);
        var low = Told(Read, "a", 6, 7, 5);

        Assert.Equal([highest, low], VersionChecker.FirstStepBack([low, Told(Write, "a", 0, 1, 5), highest, Told(Write, "b", 2, 9, 6)]));
    }

    [Theory]
    [InlineData(2u, 1u, 1ul)]
    [InlineData(1u, 3u, 1ul)]
    public void FirstStepBack_LaterTermOrRevision_IsHigherWhateverTheCounter(uint term, uint revision, ulong counter)
    {
        var later = Told(Write, "b", 2, 3, 0) with { Version = new StoreVersion(term, revision, counter) };

        Assert.Null(VersionChecker.FirstStepBack([Told(Write, "a", 0, 1, 900), later]));
        Assert.NotNull(VersionChecker.FirstStepBack([later, Told(Write, "a", 4, 5, 900)]));
    }

    [Theory]
    [InlineData(nameof(Write), true)]
    [InlineData(nameof(WriteIfMatch), true)]
    [InlineData(nameof(Read), false)]
    public void FirstStepBack_SameVersionAgain_IsWrongForAWrite(string kind, bool isWrong) =>
        Assert.Equal(isWrong, VersionChecker.FirstStepBack([Told(Write, "a", 0, 1, 5), Told(Enum.Parse<OperationKind>(kind), "a", 2, 3, 5)]) is not null);

    [Fact]
    public void FirstStepBack_WritesMergedIntoOne_MayHaveAnyOrderAmongThemselves() => Assert.Null(VersionChecker.FirstStepBack(
        [Told(Write, "a", 0, 10, 7), Told(Write, "b", 1, 10, 6), Told(Write, "c", 2, 10, 8), Told(Read, "c", 10, 12, 8)]));

    [Fact]
    public void FirstStepBack_EndsWhenTheNextBegins_IsNotBeforeIt() =>
        Assert.Null(VersionChecker.FirstStepBack([Told(Write, "a", 0, 5, 8), Told(Read, "b", 5, 6, 7)]));

    [Fact]
    public void FirstStepBack_ReadWhileAWriteIsInHand_MayTellTheOldVersion() => Assert.Null(VersionChecker.FirstStepBack(
        [Told(Write, "a", 0, 1, 5), Told(Write, "b", 2, 9, 6), Told(Read, "a", 3, 4, 5), Told(Read, "b", 5, 6, 6)]));

    [Fact]
    public void FirstStepBack_DeletedValueIsReadAgain_ShowsTheDelete()
    {
        var delete = new Operation(WriteIfExists, null, null, 2, 3, Ok) { Status = 204 };
        Operation[] history = [Told(Write, "a", 0, 1, 5), delete, Told(Read, "a", 4, 5, 5)];

        Assert.Equal(history, VersionChecker.FirstStepBack(history));
        Assert.Null(VersionChecker.FirstStepBack([history[0], delete, Told(Read, "a", 3, 5, 5)]));
        Assert.Null(VersionChecker.FirstStepBack([history[0], delete, Told(Write, "b", 4, 5, 7), Told(Read, "b", 6, 7, 7)]));
    }

    [Fact]
    public void FirstStepBack_DeleteOfUnknownOutcome_SaysNothing() => Assert.Null(VersionChecker.FirstStepBack(
        [Told(Write, "a", 0, 1, 5), new Operation(WriteIfExists, null, null, 2, 0, Unknown), Told(Read, "a", 4, 5, 5)]));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void FirstStepBack_ValueForATimeWasGone_DoesNotComeBack(bool isRead)
    {
        var value = Told(Write, "a", 0, 1, 5) with { TimeToLive = 2000 };
        var gone = isRead ? new Operation(Read, null, null, 4000, 4001, Ok) : new Operation(WriteIfExists, "x", null, 4000, 4001, NotPassed);

        Assert.Null(VersionChecker.FirstStepBack([value, Told(Read, "a", 100, 101, 5), gone]));
        Assert.NotNull(VersionChecker.FirstStepBack([value, gone, Told(Read, "a", 5000, 5001, 5)]));
    }

    [Fact]
    public void FirstStepBack_ConditionOfAnotherKindFailed_SaysNotThatTheValueIsGone() => Assert.Null(VersionChecker.FirstStepBack(
        [Told(Write, "a", 0, 1, 5), new Operation(WriteIfAbsent, "x", null, 2, 3, NotPassed), Told(Read, "a", 4, 5, 5)]));

    [Fact]
    public void FirstMismatch_SameVersionAndValueEachTime_IsNull() =>
        Assert.Null(VersionChecker.FirstMismatch([Told(Write, "a", 0, 1, 5), Told(Read, "a", 2, 3, 5), Told(Write, "b", 4, 5, 6)]));

    [Fact]
    public void FirstMismatch_OneVersionForTwoValues_IsBothAnswers()
    {
        Operation[] history = [Told(Write, "a", 0, 10, 5), Told(Write, "b", 1, 11, 5)];

        Assert.Equal(history, VersionChecker.FirstMismatch(history));
    }

    [Fact]
    public void FirstMismatch_OneValueWithTwoVersions_IsBothAnswers()
    {
        Operation[] history = [Told(Write, "a", 0, 1, 5), Told(Read, "a", 2, 3, 6)];

        Assert.Equal(history, VersionChecker.FirstMismatch(history));
    }

    [Fact]
    public void Check_HistoryThatCannotBeSearched_FindsWhatIsWrongWithItsVersions()
    {
        var history = new History();
        foreach (var operation in Tangled().Append(Told(Read, "n1", 100, 101, 9)).Append(Told(Read, "n2", 102, 103, 8)))
        {
            history.Add("key", operation);
        }

        var report = HistoryChecker.Check(history, expirySlack: 0, budget: 1000);

        Assert.Equal(["key"], report.Undecided);
        var violation = Assert.Single(report.Violations);
        Assert.Equal((Anomaly.VersionWentBack, false, false), (violation.Kind, violation.IsOfOrder, report.IsWell));
        Assert.Contains("\"1.1.9\"", violation.ToString(), StringComparison.Ordinal);
        Assert.Contains("\"1.1.8\"", violation.ToString(), StringComparison.Ordinal);
        Assert.Contains("0 keys not linearizable, 1 undecided, 1 contradictions", report.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(nameof(WriteIfAbsent), 204, true)]
    [InlineData(nameof(WriteIfAbsent), 201, false)]
    [InlineData(nameof(WriteIfMatch), 201, true)]
    [InlineData(nameof(WriteIfExists), 201, true)]
    [InlineData(nameof(WriteIfExists), 204, false)]
    [InlineData(nameof(WriteIfNoMatch), 201, false)]
    [InlineData(nameof(WriteIfNoMatch), 204, false)]
    [InlineData(nameof(Write), 201, false)]
    [InlineData(nameof(Write), 204, false)]
    [InlineData(nameof(Write), 0, false)]
    public void Check_Status_IsWrongWhereTheConditionSaysOtherwise(string kind, int status, bool isWrong)
    {
        var history = new History();
        history.Add("key", Told(Enum.Parse<OperationKind>(kind), "a", 0, 1, 5) with { Status = status });

        var report = HistoryChecker.Check(history, expirySlack: 0);

        Assert.Equal(isWrong, report.CountOf(Anomaly.WrongStatus) == 1);
    }

    private static IEnumerable<Operation> Tangled()
    {
        for (var i = 0; i < 40; i++)
        {
            yield return new Operation(WriteIfAbsent, $"{i}", null, 0, 0, Unknown);
            yield return new Operation(WriteIfMatch, null, $"{i}", 0, 0, Unknown);
            yield return new Operation(WriteIfNoMatch, $"n{i}", $"{i}", 0, 0, Unknown);
        }

        yield return new Operation(Read, "never written", null, 90, 91, Ok);
    }

    private static Operation Told(OperationKind kind, string value, long start, long end, ulong counter) =>
        new(kind, value, kind == WriteIfMatch ? "before" : null, start, end, Ok) { Version = new StoreVersion(1, 1, counter) };
}
