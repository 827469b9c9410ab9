using System.Diagnostics;
using System.Globalization;
using KvAspire.Load.Client;
using KvAspire.Load.Measuring;
using KvAspire.Load.Options;
using KvAspire.Load.Reporting;
using KvAspire.Load.Running;
using KvAspire.Load.Work;

namespace KvAspire.Load.Joining;

/// <summary>
/// Sets all keys, runs a load of a constant rate, and has a node join (and leave again) meanwhile. Every answer is
/// verified; in the end every key is read.
/// </summary>
/// <param name="options">What to do.</param>
/// <param name="client">The store.</param>
/// <param name="spare">A node that runs, is blank and no member.</param>
/// <param name="progress">Tells the user how it goes.</param>
internal sealed class JoinRun(LoadOptions options, StoreClient client, string spare, ProgressPrinter progress)
{
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(30);

    private readonly List<(string Name, Tally[] Tallies, TimeSpan Length)> _phases = [];
    private readonly List<MoveResult> _moves = [];
    private readonly Tally[] _preload = NewTallies(options.Workers);
    private readonly Tally[] _final = NewTallies(options.Workers);

    /// <summary>Where the load is counted, by worker; null ends it. Replaced by the run, read by the workers.</summary>
    private volatile Tally[]? _current;

    public async Task<JoinResult> RunAsync(CancellationToken cancelled)
    {
        var run = Random.Shared.Next().ToString("x8", CultureInfo.InvariantCulture);
        var keys = new KeySpace(run, options.KeyCount, options.Workers);
        Worker[] workers = [.. Enumerable.Range(0, options.Workers).Select(Create)];
        List<string> troubles = [];
        var interrupted = false;
        var preload = new Stopwatch();
        try
        {
            await WaitAsync("every slot has its copies", state => state.IsSettled, watch: null, cancelled);
            preload.Start();
            await SweepAsync("preload", _preload, workers, (worker, tally) => worker.PreloadAsync(tally), cancelled);
            preload.Stop();
            await IdleAsync(cancelled);
            await LoadAsync(workers, cancelled);
            await SweepAsync("last read", _final, workers, (worker, tally) => worker.ReadAllAsync(tally), cancelled);
        }
        catch (OperationCanceledException) when (cancelled.IsCancellationRequested)
        {
            interrupted = true;
        }
        catch (TimeoutException exception)
        {
            troubles.Add(exception.Message);
        }
        finally
        {
            Array.ForEach(workers, worker => worker.Dispose());
        }

        // Only now: an answer is counted in the phase in which it was asked for, even if it came later.
        var phases = _phases.Select(phase => new LoadPhase(phase.Name, Sum(phase.Tallies), phase.Length)).ToList();
        return new JoinResult(Sum(_preload), preload.Elapsed, phases, _moves, Sum(_final), troubles, interrupted);

        Worker Create(int number) => new(
            number,
            client,
            new Workload(options.Seed, number, keys.CountFor(number), KeyChoice.Random, LoadMode.Mixed),
            keys,
            options.ValueSize,
            options.Timeout,
            cancelled);
    }

    /// <summary>Without any load: how fast copying is when it need not give way.</summary>
    private async Task IdleAsync(CancellationToken cancelled)
    {
        await JoinAsync("idle", cancelled);
        await LeaveAsync("idle", cancelled);
    }

    private async Task LoadAsync(Worker[] workers, CancellationToken cancelled)
    {
        _current = NewTallies(options.Workers);
        var pace = new Pace(Stopwatch.GetTimestamp(), options.Rate, options.Workers);
        var load = workers.Select(worker => Task.Run(() => worker.RunAsync(pace, () => _current?[worker.Number]), CancellationToken.None)).ToList();
        try
        {
            await Task.Delay(WarmUp, cancelled);
            await PhaseAsync("rest", () => Task.Delay(options.Rest, cancelled));
            await PhaseAsync("join", () => JoinAsync("", cancelled));
            await PhaseAsync("joined", () => Task.Delay(options.Rest, cancelled));
            if (options.Leave)
            {
                await PhaseAsync("leave", () => LeaveAsync("", cancelled));
                await PhaseAsync("left", () => Task.Delay(options.Rest, cancelled));
            }
        }
        finally
        {
            _current = null;
            await Task.WhenAll(load);
        }
    }

    private async Task PhaseAsync(string name, Func<Task> during)
    {
        var begun = Stopwatch.GetTimestamp();
        var tallies = _current = NewTallies(options.Workers);
        await during();
        _phases.Add((name, tallies, Stopwatch.GetElapsedTime(begun)));
    }

    private async Task JoinAsync(string how, CancellationToken cancelled)
    {
        await AskAsync("add", (buffer, deadline) => client.AddNodeAsync(spare, buffer, deadline), cancelled);
        var watch = new MoveWatch();
        var (state, took) = await WaitAsync(
            $"{spare} has its slots", state => state.IsActive(spare) && state.IsSettled && (state.Moves ?? []).Count == 0, watch, cancelled);
        var slots = state.Nodes.First(node => node.Name == spare).InSyncSlots;
        _moves.Add(new MoveResult($"{how} join".Trim(), options.Nodes + 1, slots, watch.Entries, watch.Bytes, watch.Length, took));
    }

    private async Task LeaveAsync(string how, CancellationToken cancelled)
    {
        var (before, _) = await WaitAsync("the cluster answers", _ => true, watch: null, cancelled);
        var slots = before.Nodes.First(node => node.Name == spare).InSyncSlots;
        await AskAsync("remove", (buffer, deadline) => client.RemoveNodeAsync(spare, buffer, deadline), cancelled);
        var watch = new MoveWatch();
        var (_, took) = await WaitAsync(
            $"{spare} has left", state => state.IsSettled && state.Nodes.All(node => node.Name != spare), watch, cancelled);
        _moves.Add(new MoveResult($"{how} leave".Trim(), options.Nodes + 1, slots, watch.Entries, watch.Bytes, watch.Length, took));
    }

    private async Task AskAsync(string what, Func<ReceiveBuffer, Deadline, Task<StoreAnswer>> ask, CancellationToken cancelled)
    {
        using var deadline = new Deadline(TimeSpan.FromSeconds(30), cancelled);
        var answer = await ask(new ReceiveBuffer(), deadline);
        progress.Say($"{what} {spare}: {answer.Label}");
        if (answer.Status != 202)
        {
            throw new TimeoutException($"The request to {what} {spare} ended in '{answer.Label}'.");
        }
    }

    private async Task<(ClusterState State, TimeSpan Took)> WaitAsync(
        string what, Func<ClusterState, bool> holds, MoveWatch? watch, CancellationToken cancelled)
    {
        using var deadline = new Deadline(TimeSpan.FromSeconds(5), cancelled);
        var buffer = new ReceiveBuffer();
        var begun = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(begun) is var now && now < Patience)
        {
            if (ClusterState.Read(await client.ReadPageAsync("cluster", buffer, deadline)) is { } state)
            {
                watch?.See(state, now);
                if (holds(state))
                {
                    return (state, now);
                }
            }

            await Task.Delay(Poll, cancelled);
        }

        throw new TimeoutException(string.Create(CultureInfo.InvariantCulture, $"Waited {Patience.TotalMinutes:0} minutes in vain until {what}."));
    }

    private async Task SweepAsync(string name, Tally[] tallies, Worker[] workers, Func<Worker, Tally, Task> work, CancellationToken cancelled)
    {
        using var done = CancellationTokenSource.CreateLinkedTokenSource(cancelled);
        var printing = progress.PrintAsync(name, tallies, done.Token);
        try
        {
            await Task.WhenAll(workers.Select(worker => Task.Run(() => work(worker, tallies[worker.Number]), CancellationToken.None)));
        }
        finally
        {
            await done.CancelAsync();
            await printing;
        }
    }

    private static Tally[] NewTallies(int count) => [.. Enumerable.Range(0, count).Select(_ => new Tally())];

    private static Tally Sum(Tally[] tallies)
    {
        var sum = new Tally();
        Array.ForEach(tallies, sum.Merge);
        return sum;
    }
}
