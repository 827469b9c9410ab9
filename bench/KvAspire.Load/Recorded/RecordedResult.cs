using System.Globalization;
using KvAspire.Checking.Histories;

namespace KvAspire.Load.Recorded;

/// <summary>What a run with <c>--check</c> has found.</summary>
/// <param name="Report">The verdict.</param>
/// <param name="Elapsed">How long the clients worked.</param>
/// <param name="Requests">What they asked for.</param>
/// <param name="Failed">Of these, how many were not answered as the API promises.</param>
/// <param name="Unread">Keys that gave no answer in the end.</param>
/// <param name="Trouble">Why the kills ended early, or the first answer that the API does not have; null if neither happened.</param>
/// <param name="Interrupted">The user stopped it.</param>
internal sealed record RecordedResult(HistoryReport Report, TimeSpan Elapsed, long Requests, long Failed, int Unread, string? Trouble, bool Interrupted)
{
    /// <summary>One of <see cref="KvAspire.Load.ExitCode"/>.</summary>
    public int ExitCode =>
        Report.Violations.Count > 0 ? KvAspire.Load.ExitCode.WrongAnswer
        : Interrupted ? KvAspire.Load.ExitCode.Interrupted
        : Failed > 0 || Unread > 0 || Trouble is not null || Report.Undecided.Count > 0 ? KvAspire.Load.ExitCode.Failed
        : KvAspire.Load.ExitCode.AllWell;

    public void Write(TextWriter output)
    {
        RecordedFile.Write(output, Report);
        if (Trouble is not null)
        {
            output.WriteLine(Trouble);
        }

        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{Requests:N0} requests in {Elapsed.TotalSeconds:0.00} s, {Requests / Math.Max(Elapsed.TotalSeconds, 0.001):N0}/s; {Failed:N0} failed, {Unread:N0} keys not read in the end"));
    }
}
