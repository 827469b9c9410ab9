using KvAspire.Load.Client;
using KvAspire.Load.Work;

namespace KvAspire.Load.Verification;

/// <summary>Judges answers, and keeps what they tell in the key's model. No I/O.</summary>
/// <param name="valueSize">Bytes of each value of the run.</param>
internal sealed class Verifier(int valueSize)
{
    private readonly byte[] _expected = new byte[valueSize];

    /// <summary>Judges the answer to an operation. For a write, <see cref="KeyModel.Begin"/> was called before.</summary>
    public Verdict Judge(OperationKind kind, string key, KeyModel model, in StoreAnswer answer) => kind switch
    {
        OperationKind.Get => JudgeGet(key, model, answer),
        OperationKind.Set => JudgeSet(model, answer),
        OperationKind.Delete => JudgeDelete(model, answer),
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    private static Verdict JudgeSet(KeyModel model, in StoreAnswer answer)
    {
        if (answer is { Kind: AnswerKind.Answered, Status: 200 })
        {
            model.Acknowledge(isValue: true);
            return new Verdict(VerdictKind.Right);
        }

        return JudgeFailedWrite(model, answer, isValue: true);
    }

    private static Verdict JudgeDelete(KeyModel model, in StoreAnswer answer)
    {
        if (answer is not { Kind: AnswerKind.Answered, Status: 204 or 404 })
        {
            return JudgeFailedWrite(model, answer, isValue: false);
        }

        var existed = answer.Status == 204;
        var possible = existed ? model.MayHaveValue : model.MayBeAbsent;
        var before = model.Current;
        model.Acknowledge(isValue: false);
        return possible ? new Verdict(VerdictKind.Right)
            : existed ? new Verdict(VerdictKind.Stale, $"deleted a value (204), but write {before} had deleted it or it never had one")
            : new Verdict(VerdictKind.Lost, $"nothing to delete (404), but the value of write {before} must be there");
    }

    private static Verdict JudgeFailedWrite(KeyModel model, in StoreAnswer answer, bool isValue)
    {
        var refused = answer.Kind == AnswerKind.Refused
            || (answer.Kind == AnswerKind.Answered && (answer.OutcomeUnknown == false || answer.Status is >= 400 and < 500));
        if (refused)
        {
            model.Refuse();
        }
        else
        {
            // Only the store's own word that the outcome is open means that the write has its place among the others;
            // any other error may come from something in between.
            model.LeaveOpen(isValue, placed: answer.OutcomeUnknown == true);
        }

        return new Verdict(VerdictKind.Failed);
    }

    private Verdict JudgeGet(string key, KeyModel model, in StoreAnswer answer)
    {
        if (answer is { Kind: AnswerKind.Answered, Status: 404 })
        {
            return Judge(model.SeeAbsent(), model, "read nothing (404)");
        }

        if (answer is not { Kind: AnswerKind.Answered, Status: 200 })
        {
            return new Verdict(VerdictKind.Failed);
        }

        if (model.HasValue && IsValueOf(key, model.Current, answer.Body.Span))
        {
            return new Verdict(VerdictKind.Right);
        }

        return TestValue.Identify(key, answer.Body.Span, valueSize) is { } write
            ? Judge(model.SeeValue(write), model, $"read the value of write {write}")
            : new Verdict(VerdictKind.Corrupt, $"read {answer.Body.Length} bytes that are no value of this key; {Expectation(model)}");
    }

    private bool IsValueOf(string key, int write, ReadOnlySpan<byte> body)
    {
        TestValue.Fill(key, write, _expected);
        return body.SequenceEqual(_expected);
    }

    private static Verdict Judge(Observation observation, KeyModel model, string seen) => observation switch
    {
        Observation.Expected or Observation.Settled => new Verdict(VerdictKind.Right),
        Observation.Late => new Verdict(VerdictKind.Right, IsLate: true),
        Observation.Stale => new Verdict(VerdictKind.Stale, $"{seen}, which is older; {Expectation(model)}"),
        Observation.Lost => new Verdict(VerdictKind.Lost, $"{seen}; {Expectation(model)}"),
        Observation.Refused => new Verdict(VerdictKind.Corrupt, $"{seen}, which the store had refused; {Expectation(model)}"),
        Observation.NeverWritten => new Verdict(VerdictKind.Corrupt, $"{seen}, which was never made; {Expectation(model)}"),
        _ => throw new ArgumentOutOfRangeException(nameof(observation)),
    };

    private static string Expectation(KeyModel model)
    {
        var expected = model.HasValue ? $"the value of write {model.Current} must be there"
            : model.Current == 0 ? "it never had a value"
            : $"write {model.Current} deleted it";
        return model.OpenWrites == 0 ? expected : $"{expected}, or one of {model.OpenWrites} writes with an open outcome";
    }
}
