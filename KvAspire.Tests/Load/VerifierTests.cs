using KvAspire.Load.Client;
using KvAspire.Load.Verification;
using KvAspire.Load.Work;

namespace KvAspire.Tests.Load;

public sealed class VerifierTests
{
    private const string Key = "load-0-1";
    private const int Size = 120;

    private readonly Verifier _verifier = new(Size);
    private readonly KeyModel _model = new();

    [Theory]
    [InlineData(204, nameof(VerdictKind.Right))]
    [InlineData(404, nameof(VerdictKind.Lost))]
    public void Judge_DeletionOfAValue_MustFindIt(int status, string verdict)
    {
        Write(OperationKind.Set, Answer(200));

        Assert.Equal(verdict, Write(OperationKind.Delete, Answer(status)).Kind.ToString());
    }

    [Theory]
    [InlineData(404, nameof(VerdictKind.Right))]
    [InlineData(204, nameof(VerdictKind.Stale))]
    public void Judge_DeletionOfNothing_MustFindNothing(int status, string verdict) =>
        Assert.Equal(verdict, Write(OperationKind.Delete, Answer(status)).Kind.ToString());

    [Theory]
    [InlineData(204)]
    [InlineData(404)]
    public void Judge_DeletionAfterAnOpenSet_MayFindEither(int status)
    {
        Write(OperationKind.Set, new StoreAnswer(AnswerKind.TimedOut, 0, default));

        Assert.Equal(VerdictKind.Right, Write(OperationKind.Delete, Answer(status)).Kind);
    }

    [Theory]
    [InlineData(nameof(AnswerKind.Refused), 0, null, false)]
    [InlineData(nameof(AnswerKind.TimedOut), 0, null, true)]
    [InlineData(nameof(AnswerKind.Broken), 0, null, true)]
    [InlineData(nameof(AnswerKind.Answered), 503, true, true)]
    [InlineData(nameof(AnswerKind.Answered), 503, false, false)]
    [InlineData(nameof(AnswerKind.Answered), 503, null, true)]
    [InlineData(nameof(AnswerKind.Answered), 500, null, true)]
    [InlineData(nameof(AnswerKind.Answered), 429, null, false)]
    [InlineData(nameof(AnswerKind.Answered), 202, null, true)]
    public void Judge_SetWithoutAcknowledgement_FailsAndMayHaveTakenEffectOnlyIfThatIsPossible(string kind, int status, bool? unknown, bool mayBeThere)
    {
        var answer = new StoreAnswer(Enum.Parse<AnswerKind>(kind), status, default, unknown);

        Assert.Equal(VerdictKind.Failed, Write(OperationKind.Set, answer).Kind);
        Assert.Equal(mayBeThere ? VerdictKind.Right : VerdictKind.Corrupt, Get(Value(1)).Kind);
    }

    [Fact]
    public void Judge_ValueOfAnotherKey_IsCorrupt()
    {
        Write(OperationKind.Set, Answer(200));
        var other = new byte[Size];
        TestValue.Fill("load-0-2", 1, other);

        Assert.Equal(VerdictKind.Corrupt, Get(other).Kind);
    }

    [Fact]
    public void Judge_ValueCutShort_IsCorrupt()
    {
        Write(OperationKind.Set, Answer(200));

        Assert.Equal(VerdictKind.Corrupt, Get(Value(1)[..^1]).Kind);
        Assert.Equal(VerdictKind.Corrupt, Get([]).Kind);
    }

    [Fact]
    public void Judge_OlderValue_SaysWhatWasSeenAndWhatMustBeThere()
    {
        Write(OperationKind.Set, Answer(200));
        Write(OperationKind.Set, Answer(200));

        var verdict = Get(Value(1));

        Assert.Equal(VerdictKind.Stale, verdict.Kind);
        Assert.Equal("read the value of write 1, which is older; the value of write 2 must be there", verdict.Detail);
    }

    private static StoreAnswer Answer(int status) => new(AnswerKind.Answered, status, default);

    private static byte[] Value(int write)
    {
        var value = new byte[Size];
        TestValue.Fill(Key, write, value);
        return value;
    }

    private Verdict Write(OperationKind kind, StoreAnswer answer)
    {
        _model.Begin();
        return _verifier.Judge(kind, Key, _model, answer);
    }

    private Verdict Get(byte[] body) => _verifier.Judge(OperationKind.Get, Key, _model, new StoreAnswer(AnswerKind.Answered, 200, body));
}
