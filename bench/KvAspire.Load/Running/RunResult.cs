using KvAspire.Load.Measuring;

namespace KvAspire.Load.Running;

/// <summary>Everything that a run found out.</summary>
/// <param name="Elapsed">How long the measured part took.</param>
/// <param name="Baseline">Null if it was not measured.</param>
/// <param name="Preload">The sets before the measured part.</param>
/// <param name="Measured">The measured part.</param>
/// <param name="Final">The last read of every key.</param>
/// <param name="Kills">The kills during the measured part.</param>
/// <param name="Troubles">What else went wrong: sentences.</param>
/// <param name="Interrupted">The user stopped it: <paramref name="Final"/> is empty.</param>
internal sealed record RunResult(
    TimeSpan Elapsed,
    Baseline? Baseline,
    Tally Preload,
    Tally Measured,
    Tally Final,
    IReadOnlyList<KillRecord> Kills,
    IReadOnlyList<string> Troubles,
    bool Interrupted)
{
    public long Failed => Preload.Failed + Measured.Failed + Final.Failed;

    public long Wrong => Preload.Wrong + Measured.Wrong + Final.Wrong;

    public long Late => Preload.Late + Measured.Late + Final.Late;

    /// <summary>One of <see cref="KvAspire.Load.ExitCode"/>.</summary>
    public int ExitCode =>
        Wrong > 0 ? KvAspire.Load.ExitCode.WrongAnswer
        : Interrupted ? KvAspire.Load.ExitCode.Interrupted
        : Failed > 0 || Troubles.Count > 0 ? KvAspire.Load.ExitCode.Failed
        : KvAspire.Load.ExitCode.AllWell;
}
