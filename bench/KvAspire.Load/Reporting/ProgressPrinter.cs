using System.Diagnostics;
using System.Globalization;
using KvAspire.Load.Measuring;

namespace KvAspire.Load.Reporting;

/// <summary>Tells how a run goes: on a terminal in one line that changes, else in a line every few seconds.</summary>
/// <param name="output">Where to write.</param>
/// <param name="interactive">It is a terminal.</param>
internal sealed class ProgressPrinter(TextWriter output, bool interactive)
{
    private readonly TimeSpan _interval = TimeSpan.FromSeconds(interactive ? 0.5 : 5);
    private readonly Lock _lock = new();
    private int _lineLength;

    /// <summary>Writes a line of its own.</summary>
    public void Say(string line)
    {
        lock (_lock)
        {
            Erase();
            output.WriteLine(line);
        }
    }

    /// <summary>Writes progress until cancelled; then the line is gone again.</summary>
    public async Task PrintAsync(string phase, IReadOnlyList<Tally> tallies, CancellationToken done)
    {
        var begun = Stopwatch.GetTimestamp();
        using var timer = new PeriodicTimer(_interval);
        long before = 0;
        try
        {
            while (await timer.WaitForNextTickAsync(done))
            {
                var made = tallies.Sum(tally => tally.Done);
                Show(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{phase} {Stopwatch.GetElapsedTime(begun).TotalSeconds,6:0.0} s  {made,9:N0} requests  {(made - before) / _interval.TotalSeconds,8:N0}/s  {tallies.Sum(tally => tally.Failed):N0} failed  {tallies.Sum(tally => tally.Wrong):N0} wrong"));
                before = made;
            }
        }
        catch (OperationCanceledException)
        {
            lock (_lock)
            {
                Erase();
            }
        }
    }

    private void Show(string line)
    {
        lock (_lock)
        {
            if (!interactive)
            {
                output.WriteLine(line);
                return;
            }

            output.Write('\r' + line.PadRight(_lineLength));
            _lineLength = line.Length;
        }
    }

    private void Erase()
    {
        if (_lineLength > 0)
        {
            output.Write('\r' + new string(' ', _lineLength) + '\r');
            _lineLength = 0;
        }
    }
}
