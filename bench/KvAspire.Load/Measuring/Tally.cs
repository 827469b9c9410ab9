using System.Runtime.InteropServices;
using KvAspire.Load.Verification;
using KvAspire.Load.Work;

namespace KvAspire.Load.Measuring;

/// <summary>What one worker counts in one phase. Only the worker writes; the progress line reads the three counters.</summary>
internal sealed class Tally
{
    /// <summary>How many wrong answers are described, of all.</summary>
    private const int DescribedAtMost = 10;

    private readonly Dictionary<(OperationKind Kind, string Answer), long> _answers = [];
    private readonly Dictionary<VerdictKind, long> _wrong = [];
    private readonly LatencyHistogram[] _latencies = [.. Enum.GetValues<OperationKind>().Select(_ => new LatencyHistogram())];
    private readonly List<string> _descriptions = [];
    private long _done;
    private long _failed;
    private long _wrongTotal;

    /// <summary>Requests made.</summary>
    public long Done => Volatile.Read(ref _done);

    /// <summary>Requests that were not answered as the API promises.</summary>
    public long Failed => Volatile.Read(ref _failed);

    /// <summary>Wrong answers.</summary>
    public long Wrong => Volatile.Read(ref _wrongTotal);

    /// <summary>Writes that showed up after later ones.</summary>
    public long Late { get; private set; }

    /// <summary>Requests by kind and by status, or by what went wrong instead.</summary>
    public IReadOnlyDictionary<(OperationKind Kind, string Answer), long> Answers => _answers;

    /// <summary>Wrong answers by kind.</summary>
    public IReadOnlyDictionary<VerdictKind, long> WrongByKind => _wrong;

    /// <summary>The first wrong answers, described.</summary>
    public IReadOnlyList<string> Descriptions => _descriptions;

    /// <summary>How long the requests took that did not fail.</summary>
    public LatencyHistogram LatencyOf(OperationKind kind) => _latencies[(int)kind];

    public void Add(OperationKind kind, string answer, TimeSpan duration, in Verdict verdict)
    {
        CollectionsMarshal.GetValueRefOrAddDefault(_answers, (kind, answer), out _)++;
        Late += verdict.IsLate ? 1 : 0;
        if (verdict.Kind == VerdictKind.Failed)
        {
            Volatile.Write(ref _failed, _failed + 1);
        }
        else
        {
            _latencies[(int)kind].Record(duration);
        }

        if (verdict.IsWrong)
        {
            CollectionsMarshal.GetValueRefOrAddDefault(_wrong, verdict.Kind, out _)++;
            Volatile.Write(ref _wrongTotal, _wrongTotal + 1);
        }

        Volatile.Write(ref _done, _done + 1);
    }

    /// <summary>Keeps the description of a wrong answer, if it is among the first.</summary>
    public void Describe(string wrongAnswer)
    {
        if (_descriptions.Count < DescribedAtMost)
        {
            _descriptions.Add(wrongAnswer);
        }
    }

    /// <summary>Adds another worker's or phase's counts to these.</summary>
    public void Merge(Tally other)
    {
        foreach (var (key, count) in other._answers)
        {
            CollectionsMarshal.GetValueRefOrAddDefault(_answers, key, out _) += count;
        }

        foreach (var (kind, count) in other._wrong)
        {
            CollectionsMarshal.GetValueRefOrAddDefault(_wrong, kind, out _) += count;
        }

        for (var i = 0; i < _latencies.Length; i++)
        {
            _latencies[i].Merge(other._latencies[i]);
        }

        _descriptions.AddRange(other._descriptions.Take(DescribedAtMost - _descriptions.Count));
        Late += other.Late;
        _done += other._done;
        _failed += other._failed;
        _wrongTotal += other._wrongTotal;
    }
}
