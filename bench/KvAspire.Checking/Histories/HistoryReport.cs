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
}

/// <summary>A key whose operations cannot be explained.</summary>
/// <param name="Key">Which.</param>
/// <param name="Kind">What it looks like.</param>
/// <param name="Shortest">The operations that contradict each other.</param>
internal sealed record Violation(string Key, Anomaly Kind, IReadOnlyList<Operation> Shortest)
{
    public override string ToString()
    {
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"{Kind}: key {Key}; these operations cannot have taken effect one after another:");
        foreach (var operation in Shortest)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n  client {operation.Client,3}  {operation}");
        }

        return text.ToString();
    }
}

/// <summary>What the check of a whole history has found.</summary>
/// <param name="Operations">How many there are.</param>
/// <param name="Unknown">Of these, how many have no known outcome.</param>
/// <param name="Keys">How many keys.</param>
/// <param name="Violations">The keys that are not linearizable.</param>
/// <param name="Undecided">The keys for which the search took too long.</param>
internal sealed record HistoryReport(
    long Operations, long Unknown, int Keys, IReadOnlyList<Violation> Violations, IReadOnlyList<string> Undecided)
{
    /// <summary>Every key is linearizable, and shown to be.</summary>
    public bool IsWell => Violations.Count == 0 && Undecided.Count == 0;

    public int CountOf(Anomaly kind) => Violations.Count(v => v.Kind == kind);

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Operations:N0} operations on {Keys:N0} keys, {Unknown:N0} of unknown outcome: {Violations.Count:N0} keys not linearizable, {Undecided.Count:N0} undecided");
}
