using System.Globalization;

namespace KvAspire.Load.Client;

internal enum AnswerKind
{
    /// <summary>The server answered, whatever it said.</summary>
    Answered,

    /// <summary>No connection was made: the server has not seen the request.</summary>
    Refused,

    /// <summary>No whole answer in time: the request may take effect, even later.</summary>
    TimedOut,

    /// <summary>The connection ended before the answer did: as for a time-out.</summary>
    Broken,
}

/// <summary>What came back for a request.</summary>
/// <param name="Kind">Whether there is an answer at all.</param>
/// <param name="Status">The HTTP status; 0 if there is no answer.</param>
/// <param name="Body">The body; valid until the worker's next request.</param>
/// <param name="OutcomeUnknown">What an error answer says of the write: true may be applied, false is not; null says nothing.</param>
internal readonly record struct StoreAnswer(AnswerKind Kind, int Status, ReadOnlyMemory<byte> Body, bool? OutcomeUnknown = null)
{
    /// <summary>For counting: "200", "503", "503 unknown", "timed out" …</summary>
    public string Label => Kind != AnswerKind.Answered
        ? LabelOf(Kind)
        : OutcomeUnknown == true ? LabelOf(Status) + " unknown" : LabelOf(Status);

    private static string LabelOf(AnswerKind kind) => kind switch
    {
        AnswerKind.Refused => "refused",
        AnswerKind.TimedOut => "timed out",
        _ => "broken",
    };

    private static string LabelOf(int status) => status switch
    {
        200 => "200",
        204 => "204",
        404 => "404",
        _ => status.ToString(CultureInfo.InvariantCulture),
    };
}
