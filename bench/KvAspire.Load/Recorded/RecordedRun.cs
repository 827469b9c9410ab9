using System.Diagnostics;
using System.Globalization;
using KvAspire.Checking.Histories;
using KvAspire.Checking.Recording;
using KvAspire.Load.Client;
using KvAspire.Load.Options;
using KvAspire.Load.Reporting;
using KvAspire.Load.Running;

namespace KvAspire.Load.Recorded;

/// <summary>
/// One run with <c>--check</c>: clients that share keys, all the conditions of the API, a history of every operation, and in the
/// end the question whether it is linearizable. Unlike a <see cref="LoadRun"/> it needs no key to belong to one worker.
/// </summary>
/// <param name="options">What to do.</param>
/// <param name="address">The store.</param>
/// <param name="client">For kills.</param>
/// <param name="nodes">For kills; null if the driver has not started the store.</param>
/// <param name="progress">Tells the user how it goes.</param>
internal sealed class RecordedRun(LoadOptions options, Uri address, StoreClient client, INodeControl? nodes, ProgressPrinter progress)
{
    /// <summary>Few, so that clients meet.</summary>
    private const int SharedKeys = 32;

    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan ProgressInterval = TimeSpan.FromSeconds(5);

    private readonly RunClock _clock = new();
    private readonly History _history = new();
    private readonly KeyRing _keys = new($"check-{Random.Shared.Next().ToString("x8", CultureInfo.InvariantCulture)}", options.Keys ?? SharedKeys);
    private long _made;
    private long _failed;
    private string? _unexpected;

    /// <returns>What was found; the run ends early, and is checked nevertheless, if it is cancelled.</returns>
    public async Task<RecordedResult> RunAsync(CancellationToken cancelled)
    {
        using var http = StoreCall.CreateClient(address, options.Timeout);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancelled);
        var kills = options.Kill && nodes is not null ? new KillRounds(nodes, client, LoadRun.KillAbsence, LoadRun.KillPatience, progress.Say) : null;
        var clock = Stopwatch.StartNew();
        var telling = TellAsync(over.Token);
        var killing = kills?.RunAsync(() => GoesOn(clock.Elapsed), cancelled) ?? Task.CompletedTask;
        var isInterrupted = false;
        var unread = 0;
        try
        {
            await Task.WhenAll([killing, .. Enumerable.Range(0, options.Workers).Select(n => Task.Run(() => WorkAsync(n, http, kills, clock, cancelled), CancellationToken.None))]);
            clock.Stop();
            unread = await ReadAllAsync(http, cancelled);
        }
        catch (OperationCanceledException) when (cancelled.IsCancellationRequested)
        {
            isInterrupted = true;
        }

        await over.CancelAsync();
        await telling;
        if (options.HistoryFile is { } file)
        {
            await RecordedFile.SaveAsync(file, _history);
        }

        var report = HistoryChecker.Check(_history, RecordedFile.ExpirySlack);
        return new RecordedResult(report, clock.Elapsed, _made, _failed, unread, kills?.Failure ?? _unexpected, isInterrupted);
    }

    private bool GoesOn(TimeSpan elapsed) =>
        options.Duration is { } duration ? elapsed < duration : Interlocked.Read(ref _made) < options.Requests;

    private async Task WorkAsync(int number, HttpClient http, KillRounds? kills, Stopwatch clock, CancellationToken cancelled)
    {
        var worker = new RecordingClient(number, _keys, _history, _clock, new Random(HashCode.Combine(options.Seed, number)));
        while (GoesOn(clock.Elapsed) || kills is { FirstRoundDone: false })
        {
            cancelled.ThrowIfCancellationRequested();
            Interlocked.Increment(ref _made);
            var told = await worker.StepAsync(http, cancelled);
            if (told.Unexpected is { } unexpected)
            {
                Interlocked.CompareExchange(ref _unexpected, unexpected, null);
            }

            if (!told.IsAnswered)
            {
                Interlocked.Increment(ref _failed);
                await Task.Delay(PauseAfterFailure, cancelled);
            }
        }
    }

    /// <returns>How many keys gave no answer.</returns>
    private async Task<int> ReadAllAsync(HttpClient http, CancellationToken cancelled)
    {
        var reader = new RecordingClient(options.Workers, _keys, _history, _clock, new Random(0));
        var unread = 0;
        await Parallel.ForEachAsync(
            _history.Keys.ToList(),
            new ParallelOptions { MaxDegreeOfParallelism = options.Workers, CancellationToken = cancelled },
            async (key, token) =>
            {
                if (!(await reader.ReadAsync(http, key, token)).IsAnswered)
                {
                    Interlocked.Increment(ref unread);
                }
            });
        return unread;
    }

    private async Task TellAsync(CancellationToken over)
    {
        using var timer = new PeriodicTimer(ProgressInterval);
        var before = 0L;
        try
        {
            while (await timer.WaitForNextTickAsync(over))
            {
                var made = Interlocked.Read(ref _made);
                progress.Say(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{_clock.Now / 1e6,6:0.0} s  {made,9:N0} requests  {(made - before) / ProgressInterval.TotalSeconds,8:N0}/s  {Interlocked.Read(ref _failed):N0} failed"));
                before = made;
            }
        }
        catch (OperationCanceledException)
        {
            // The run is over.
        }
    }
}
