using System.Diagnostics;
using System.Globalization;
using KvAspire.Load.Client;
using KvAspire.Load.Measuring;
using KvAspire.Load.Options;
using KvAspire.Load.Reporting;
using KvAspire.Load.Work;

namespace KvAspire.Load.Running;

/// <summary>One run against a store that is there: baseline, preload, the measured load with or without kills, a last read of every key.</summary>
/// <param name="options">What to do.</param>
/// <param name="client">The store.</param>
/// <param name="nodes">For kills; null if the driver has not started the store.</param>
/// <param name="progress">Tells the user how it goes.</param>
internal sealed class LoadRun(LoadOptions options, StoreClient client, INodeControl? nodes, ProgressPrinter progress)
{
    public static readonly TimeSpan KillAbsence = TimeSpan.FromSeconds(1);

    /// <summary>How long the cluster may take to notice a kill or to be whole again.</summary>
    public static readonly TimeSpan KillPatience = TimeSpan.FromSeconds(120);

    private readonly Tally[] _preload = NewTallies(options.Workers);
    private readonly Tally[] _measured = NewTallies(options.Workers);
    private readonly Tally[] _final = NewTallies(options.Workers);

    public async Task<RunResult> RunAsync(CancellationToken cancelled)
    {
        var run = Random.Shared.Next().ToString("x8", CultureInfo.InvariantCulture);
        var keys = new KeySpace(run, options.KeyCount, options.Workers);
        Worker[] workers = [.. Enumerable.Range(0, options.Workers).Select(number => CreateWorker(number, keys, cancelled))];
        var kills = options.Kill && nodes is not null ? new KillRounds(nodes, client, KillAbsence, KillPatience, progress.Say) : null;
        var clock = new Stopwatch();
        Baseline? baseline = null;
        var interrupted = false;
        try
        {
            baseline = await MeasureBaselineAsync(cancelled);
            if (options.Mode == LoadMode.Get)
            {
                await InPhaseAsync("preload", _preload, workers, (worker, tally) => worker.PreloadAsync(tally), cancelled);
            }

            clock.Start();
            await MeasureAsync(workers, keys, kills, clock, cancelled);
            await InPhaseAsync("last read", _final, workers, (worker, tally) => worker.ReadAllAsync(tally), cancelled);
        }
        catch (OperationCanceledException) when (cancelled.IsCancellationRequested)
        {
            interrupted = true;
        }
        finally
        {
            Array.ForEach(workers, worker => worker.Dispose());
        }

        string[] troubles = kills?.Failure is { } failure ? [failure] : [];
        return new RunResult(clock.Elapsed, baseline, Sum(_preload), Sum(_measured), Sum(_final), kills?.Kills ?? [], troubles, interrupted);
    }

    private static Tally[] NewTallies(int count) => [.. Enumerable.Range(0, count).Select(_ => new Tally())];

    private static Tally Sum(Tally[] tallies)
    {
        var sum = new Tally();
        Array.ForEach(tallies, sum.Merge);
        return sum;
    }

    private Worker CreateWorker(int number, KeySpace keys, CancellationToken cancelled)
    {
        var workload = new Workload(options.Seed, number, keys.CountFor(number), options.Choice, options.Mode);
        return new Worker(number, client, workload, keys, options.ValueSize, options.Timeout, cancelled);
    }

    private async Task<Baseline?> MeasureBaselineAsync(CancellationToken cancelled)
    {
        if (options.Baseline == TimeSpan.Zero)
        {
            return null;
        }

        var baseline = await Baseline.MeasureAsync(client, options.Workers, options.Baseline, options.Timeout, cancelled);
        progress.Say(baseline is null ? $"no baseline: GET /{Baseline.Path} does not answer 200" : "baseline " + Report.Describe(baseline));
        return baseline;
    }

    private async Task MeasureAsync(Worker[] workers, KeySpace keys, KillRounds? kills, Stopwatch clock, CancellationToken cancelled)
    {
        var loadDone = false;
        var killing = kills?.RunAsync(() => !Volatile.Read(ref loadDone) && IsWithin(_measured.Sum(tally => tally.Done), options.Requests), cancelled)
            ?? Task.CompletedTask;

        // The node that was killed last is back before every key is read.
        await Task.WhenAll(LoadAsync(), killing);

        async Task LoadAsync()
        {
            try
            {
                await InPhaseAsync("load", _measured, workers, RunWorkerAsync, cancelled);
            }
            finally
            {
                clock.Stop();
                Volatile.Write(ref loadDone, true);
            }
        }

        Task RunWorkerAsync(Worker worker, Tally tally)
        {
            // Serial sweeps end together if each worker's part follows its keys; random work is shared out evenly.
            var own = options.Choice == KeyChoice.Serial
                ? keys.ShareOf(worker.Number, options.Requests)
                : (options.Requests / options.Workers) + (worker.Number < options.Requests % options.Workers ? 1 : 0);
            return worker.RunAsync(made => GoesOn(made, own), tally);
        }

        bool GoesOn(long made, long own) => IsWithin(made, own) || kills is { FirstRoundDone: false };

        bool IsWithin(long made, long wanted) => options.Duration is { } duration ? clock.Elapsed < duration : made < wanted;
    }

    private async Task InPhaseAsync(string name, Tally[] tallies, Worker[] workers, Func<Worker, Tally, Task> work, CancellationToken cancelled)
    {
        using var phaseDone = CancellationTokenSource.CreateLinkedTokenSource(cancelled);
        var printing = progress.PrintAsync(name, tallies, phaseDone.Token);
        try
        {
            await Task.WhenAll(workers.Select((worker, index) => Task.Run(() => work(worker, tallies[index]), CancellationToken.None)));
        }
        finally
        {
            await phaseDone.CancelAsync();
            await printing;
        }
    }
}
