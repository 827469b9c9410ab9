using System.Globalization;
using System.Text;

namespace KvAspire.Checking.Histories;

/// <summary>How the operations of a key contradict each other, as the shortest part of them shows.</summary>
internal enum Anomaly
{
    /// <summary>A value that was acknowledged is not there any more.</summary>
    LostWrite,

    /// <summary>A value was read after a later one was acknowledged or read.</summary>
    StaleRead,

    /// <summary>A value was read before anybody had written it.</summary>
    ValueFromNowhere,

    /// <summary>A condition was judged wrongly.</summary>
    WrongCondition,

    /// <summary>A version was told after a higher one, or given to two writes in a row.</summary>
    VersionWentBack,

    /// <summary>One version stands for two values, or one value has two versions.</summary>
    VersionNotUnique,

    /// <summary>The status says that the condition did not hold, and that the write was made.</summary>
    WrongStatus,
}

/// <summary>A key whose operations cannot be explained.</summary>
/// <param name="Key">Which.</param>
/// <param name="Kind">What it looks like.</param>
/// <param name="Shortest">The operations that contradict each other.</param>
internal sealed record Violation(string Key, Anomaly Kind, IReadOnlyList<Operation> Shortest)
{
    /// <summary>No order explains the operations. Else what was told beside the values is wrong by itself.</summary>
    public bool IsOfOrder => Kind is Anomaly.LostWrite or Anomaly.StaleRead or Anomaly.ValueFromNowhere or Anomaly.WrongCondition;

    public override string ToString()
    {
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"{Kind}: key {Key}; {Sentence}:");
        foreach (var operation in Shortest)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n  client {operation.Client,3}  {operation}");
        }

        return text.ToString();
    }

    private string Sentence => Kind switch
    {
        Anomaly.VersionWentBack when Shortest.Any(o => o.Value is null) => "the value was gone, and the last of these tells a version that is not higher",
        Anomaly.VersionWentBack => "the last of these began after the other one had ended, and tells a version that is too low",
        Anomaly.VersionNotUnique => "a version belongs to one value, and these tell otherwise",
        Anomaly.WrongStatus => "the status does not go with the condition",
        _ => "these operations cannot have taken effect one after another",
    };
}

/// <summary>What the check of a whole history has found.</summary>
/// <param name="Operations">How many there are.</param>
/// <param name="Unknown">Of these, how many have no known outcome.</param>
/// <param name="Keys">How many keys.</param>
/// <param name="Violations">The keys that are not linearizable, and then what else was told that contradicts itself.</param>
/// <param name="Undecided">The keys for which the search took too long.</param>
internal sealed record HistoryReport(
    long Operations, long Unknown, int Keys, IReadOnlyList<Violation> Violations, IReadOnlyList<string> Undecided)
{
    /// <summary>Every key is linearizable, and shown to be, and nothing else contradicts itself.</summary>
    public bool IsWell => Violations.Count == 0 && Undecided.Count == 0;

    public int CountOf(Anomaly kind) => Violations.Count(v => v.Kind == kind);

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Operations:N0} operations on {Keys:N0} keys, {Unknown:N0} of unknown outcome: {Violations.Count(v => v.IsOfOrder):N0} keys not linearizable, {Undecided.Count:N0} undecided, {Violations.Count(v => !v.IsOfOrder):N0} contradictions of versions and statuses");
}
