using System.Diagnostics;
using System.Globalization;

namespace KvAspire.Tests.Simulation.Campaigns;

/// <summary>Shows how a campaign goes: a bar on a terminal; a line now and then if the output goes elsewhere.</summary>
internal sealed class CampaignConsole(CampaignOptions options, TextWriter output, bool isTerminal)
{
    private const int BarWidth = 30;
    private readonly Lock _gate = new();
    private readonly long _began = Stopwatch.GetTimestamp();
    private readonly TimeSpan _cpuBefore = Environment.CpuUsage.TotalTime;

    /// <summary>How often to call <see cref="Progress"/>.</summary>
    public TimeSpan Interval => TimeSpan.FromSeconds(isTerminal ? 0.5 : 10);

    public void Clock(CampaignSummary summary)
    {
        summary.CpuSeconds = (Environment.CpuUsage.TotalTime - _cpuBefore).TotalSeconds;
        summary.WallSeconds = Stopwatch.GetElapsedTime(_began).TotalSeconds;
    }

    public void Progress(CampaignSummary so)
    {
        Clock(so);
        var share = (double)so.Runs / options.Runs;
        var left = so.Runs == 0 ? "?" : Duration(so.WallSeconds / share * (1 - share));
        var text = Invariant($"{so.Runs:N0}/{options.Runs:N0} runs, {so.Failures.Count} failed, {so.SimulatedSecondsPerCpuSecond:N0} simulated s per core and s, {left} left");
        lock (_gate)
        {
            if (isTerminal)
            {
                var filled = (int)(share * BarWidth);
                output.Write($"\r\e[K[{new string('#', filled)}{new string('.', BarWidth - filled)}] {text}");
            }
            else
            {
                output.WriteLine(text);
            }

            output.Flush();
        }
    }

    public void Failed(FailedRun run, IEnumerable<string> events)
    {
        lock (_gate)
        {
            EraseBar();
            output.WriteLine($"FAILED seed {run.Seed}, {run.Scenario}: {run.Failure}");
            foreach (var line in events)
            {
                output.WriteLine($"  {line}");
            }

            output.WriteLine($"  Replay: {run.Replay}");
            output.Flush();
        }
    }

    public void Summary(CampaignSummary all, bool isCutShort)
    {
        Clock(all);
        lock (_gate)
        {
            EraseBar();
            output.WriteLine(Invariant($"{all.Runs:N0} runs{(isCutShort ? Invariant($" of {options.Runs:N0}, cut short") : "")}: {all.Failures.Count:N0} failed"));
            output.WriteLine(Invariant($"{all.Operations:N0} operations checked, {all.UnknownOutcomes:N0} of unknown outcome; {all.Steps:N0} steps, hash {all.Hash:x16}"));
            output.WriteLine($"Faults: {string.Join(", ", all.Faults.Select(f => Invariant($"{f.Key} {f.Value:N0}")))}");
            output.WriteLine(Invariant(
                $"{all.SimulatedHours:N1} simulated hours in {Duration(all.WallSeconds)}; {all.CpuMillisecondsPerRun:N1} ms of CPU a run, {all.SimulatedSecondsPerCpuSecond:N0} simulated s per core and s"));
            foreach (var run in all.Failures)
            {
                output.WriteLine($"FAILED seed {run.Seed}, {run.Scenario}: {run.Replay}");
            }

            output.Flush();
        }
    }

    private void EraseBar() => output.Write(isTerminal ? "\r\e[K" : "");

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static string Duration(double seconds) => seconds < 90 ? Invariant($"{seconds:0} s") : Invariant($"{seconds / 60:0} min");
}
