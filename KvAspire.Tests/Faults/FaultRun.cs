using System.Diagnostics;
using System.Globalization;
using KvAspire.Checking.Histories;
using KvAspire.Checking.Recording;

namespace KvAspire.Tests.Faults;

/// <summary>One run: starts the store, lets clients work, hurts it as planned, lets it heal, reads every copy of every key, and checks.</summary>
internal sealed class FaultRun(FaultRunOptions options, Action<string> say)
{
    private const int Nodes = 4;
    private const int Spares = 2;
    private const int MostAtOnce = 3;
    private const int KeysAtATime = 48;

    /// <summary>So much of the work is on one key.</summary>
    private const double HotShare = 0.25;

    /// <summary>See <see cref="KvAspire.Checking.Expiries.AddTo"/>: as much as several changes of the coordinator in a row.</summary>
    public const long ExpirySlack = 15_000_000;

    private static readonly TimeSpan HealPatience = TimeSpan.FromMinutes(3);

    private RunClock _clock = new();
    private readonly History _history = new();
    private readonly List<FaultRecord> _faults = [];
    private readonly Dictionary<FaultKind, int> _leftOut = [];
    private readonly List<string> _troubles = [];
    private readonly List<string> _events = [];
    private readonly List<Task> _active = [];
    private readonly List<Task> _endings = [];

    /// <summary>Runs it all. What goes wrong is in the result; only a store that does not start throws.</summary>
    public async Task<FaultRunResult> RunAsync(CancellationToken cancelled)
    {
        await using var store = await FaultyStore.StartAsync(Nodes, Spares, options.Time + TimeSpan.FromMinutes(30));
        _clock = new RunClock();
        var keys = new KeyRing(string.Create(CultureInfo.InvariantCulture, $"faults-{options.Seed}"), KeysAtATime, hotShare: HotShare);
        await using var clients = new FaultClients(store, keys, _history, _clock, options.Clients, options.Rate, options.Seed, Trouble);
        var injector = new Injector(store, keys, Nodes, Note, Trouble, store.Processes.Limit);
        var begun = _clock.Now;
        using var progressOver = new CancellationTokenSource();
        var progress = ReportProgressAsync(store, injector, progressOver.Token);
        await InjectAsync(injector, cancelled);
        var isWhole = await HealAsync(store, injector);
        var elapsed = TimeSpan.FromMicroseconds(_clock.Now - begun);
        await progressOver.CancelAsync();
        await progress;
        await clients.StopAsync();
        var operations = _history.Count;
        await ReadAsync(store, clients, injector.Present, isWhole);
        Note("checks");
        var report = HistoryChecker.Check(_history, ExpirySlack);
        Note(report.ToString());
        return new FaultRunResult(options, elapsed, operations, _faults, _leftOut, Pauses.Of([.. _faults.Select(f => f.Start)], clients.Gaps), clients.LongestSilence, report, _troubles, _events, _history);
    }

    private async Task InjectAsync(Injector injector, CancellationToken cancelled)
    {
        var begun = Stopwatch.GetTimestamp();
        foreach (var fault in new FaultPlan(options.Seed, options.Gap).Faults())
        {
            if (cancelled.IsCancellationRequested || (Stopwatch.GetElapsedTime(begun) > options.Time && fault.Number > options.AtLeastFaults))
            {
                return;
            }

            await Task.Delay(fault.Gap, CancellationToken.None);
            while (_active.Count >= MostAtOnce)
            {
                _active.Remove(await Task.WhenAny(_active));
            }

            await injector.ReviveAsync();
            var injection = await injector.PrepareAsync(fault);
            if (injection.BeginAsync is null)
            {
                _leftOut[fault.Kind] = _leftOut.GetValueOrDefault(fault.Kind) + 1;
                Note($"fault {fault.Number} {fault.Kind} is left out: {injection.What}");
                continue;
            }

            Note($"fault {fault.Number} {fault.Kind} begins: {injection.What}");
            _faults.Add(new FaultRecord(fault.Number, fault.Kind, injection.What, _clock.Now, _history.Count, _history.Unknown));
            await GuardedAsync(fault, "begin", injection.BeginAsync);
            var ending = EndAsync(fault, injection, injector);
            _endings.Add(ending);
            if (injection.Targets.Count > 0)
            {
                // A node that leaves takes as long as it takes, and keeps nothing else from happening.
                _active.Add(ending);
            }
        }
    }

    private async Task EndAsync(PlannedFault fault, Injection injection, Injector injector)
    {
        await Task.Delay(fault.Duration, CancellationToken.None);
        await GuardedAsync(fault, "end", injection.EndAsync);
        injector.Release(injection);
        Note($"fault {fault.Number} {fault.Kind} is over");
    }

    private async Task GuardedAsync(PlannedFault fault, string what, Func<Task> action)
    {
        try
        {
            await action();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            Trouble($"Fault {fault.Number} {fault.Kind} could not {what}: {e.Message}");
        }
    }

    /// <summary>Whether the store has all its copies.</summary>
    private async Task<bool> HealAsync(FaultyStore store, Injector injector)
    {
        Note("waits until the store has healed");
        await Task.WhenAll(_endings);
        try
        {
            await injector.ReviveAsync();
            await injector.AddMissingAsync();
            var (hasHealed, last) = await store.WaitForAsync(s => FaultyStore.IsWholeWith(injector.Present, s), HealPatience, store.Processes.Limit);
            var nodes = string.Join(", ", injector.Present);
            if (hasHealed)
            {
                Note($"has healed: {nodes}");
            }
            else
            {
                Trouble($"The store did not heal within {HealPatience.TotalMinutes:0} minutes. It should have {nodes}; it said last: {last?.ToString() ?? "nothing"}");
            }

            return hasHealed;
        }
        catch (OperationCanceledException)
        {
            Trouble("The time for the whole run was over.");
            return false;
        }
    }

    private async Task ReadAsync(FaultyStore store, FaultClients clients, IReadOnlyList<string> nodes, bool isWhole)
    {
        try
        {
            await new LastReads(store, clients, nodes, Note, Trouble, store.Processes.Limit).RunAsync(isWhole);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            Trouble($"The last reads ended early: {e.Message}");
        }
    }

    private async Task ReportProgressAsync(FaultyStore store, Injector injector, CancellationToken over)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(10));
        var before = 0L;
        try
        {
            while (await timer.WaitForNextTickAsync(over))
            {
                var count = _history.Count;
                var serving = await store.ServingAsync();
                Note(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{count:N0} operations, {(count - before) / 10.0:0}/s, {_history.Unknown:N0} of unknown outcome; {_faults.Count} faults; {serving?.Balancer ?? "nobody"} serves; nodes {string.Join(", ", injector.Present)}"));
                before = count;
            }
        }
        catch (OperationCanceledException)
        {
            // The run is over.
        }
    }

    private void Trouble(string what)
    {
        lock (_troubles)
        {
            _troubles.Add(what);
        }

        Note("TROUBLE: " + what);
    }

    private void Note(string what)
    {
        var line = string.Create(CultureInfo.InvariantCulture, $"{_clock.Now / 1e6,9:0.000} s  {what}");
        lock (_events)
        {
            _events.Add(line);
        }

        say(line);
    }
}
