namespace KvAspire.Tests.Simulation.Campaigns;

/// <summary>
/// Runs many seeds, several at a time, each in one thread from its beginning to its end. Runs share nothing.
/// </summary>
/// <param name="options">Which runs.</param>
/// <param name="failed">Told of each failure at once, one at a time, with the last events of the run.</param>
internal sealed class Campaign(CampaignOptions options, Action<FailedRun, IEnumerable<string>> failed)
{
    private readonly Lock _gate = new();
    private readonly CampaignSummary _summary = new();
    private long _next;

    /// <summary>Calls back with the summary so far while nothing is added to it.</summary>
    public T Look<T>(Func<CampaignSummary, T> at)
    {
        lock (_gate)
        {
            return at(_summary);
        }
    }

    /// <summary>Completes when all runs are done, or those in hand after it was cancelled.</summary>
    public Task RunAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(Enumerable.Range(0, options.Threads).Select(_ => OnThreadOfItsOwnAsync(() => Work(cancellationToken))));

    private void Work(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested && Interlocked.Increment(ref _next) - 1 is var number && number < options.Runs)
        {
            var (seed, scenario) = options.Run(number);
            Record(seed, scenario, Simulation.Run(seed, scenario));
        }
    }

    private void Record(int seed, Scenario scenario, SimulationResult result)
    {
        lock (_gate)
        {
            _summary.Add(result);
            if (result.Failure is { } what)
            {
                var failure = new FailedRun(seed, scenario, what, FailedRun.ReplayOf(seed, scenario));
                _summary.Add(failure);
                failed(failure, result.Scheduler.Log.Tail(options.Events));
            }
        }
    }

    private static Task OnThreadOfItsOwnAsync(Action work)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() =>
        {
            try
            {
                work();
                done.SetResult();
            }
            catch (Exception e)
            {
                // A mistake of the simulation itself: whoever waits for the campaign hears of it.
                done.SetException(e);
            }
        })
        { IsBackground = true, Name = "simulation" };
        thread.Start();
        return done.Task;
    }
}
