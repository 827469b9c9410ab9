using System.Diagnostics;
using KvAspire.Checking.Histories;
using KvAspire.Checking.Recording;

namespace KvAspire.Tests.Faults;

/// <summary>A time during which a client had no successful answer, in microseconds of the run's clock.</summary>
internal readonly record struct Gap(long From, long To);

/// <summary>Clients over both balancers: each stays with one as long as it answers, else it asks the other.</summary>
internal sealed class FaultClients : IAsyncDisposable
{
    /// <summary>Shorter times without an answer are not noted: a busy machine has many of them.</summary>
    private const long LeastGap = 50_000;

    /// <summary>How long a client waits before it asks the other balancer.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(3);

    private readonly CancellationTokenSource _stop = new();
    private readonly HttpClient[] _balancers;
    private readonly KeyRing _keys;
    private readonly History _history;
    private readonly RunClock _clock;
    private readonly List<Gap>[] _gaps;
    private readonly Task _running;
    private long _lastAnswer;
    private long _longestSilence;

    /// <param name="store">The store.</param>
    /// <param name="keys">Shared by all clients.</param>
    /// <param name="history">Where they record.</param>
    /// <param name="clock">The run's clock.</param>
    /// <param name="clients">How many.</param>
    /// <param name="rate">Operations a second, of all together, at most.</param>
    /// <param name="seed">Decides what they ask for.</param>
    public FaultClients(FaultyStore store, KeyRing keys, History history, RunClock clock, int clients, int rate, int seed)
    {
        (_keys, _history, _clock) = (keys, history, clock);
        _balancers = [.. FaultyStore.Balancers.Select(b => StoreCall.CreateClient(store.Processes.AddressOf(b), Timeout))];
        _gaps = [.. Enumerable.Range(0, clients).Select(_ => new List<Gap>())];
        _lastAnswer = clock.Now;
        var period = TimeSpan.FromSeconds((double)clients / rate);
        _running = Task.WhenAll(Enumerable.Range(0, clients).Select(i => Task.Run(() => RunAsync(i, new Random((seed * 1000) + i), period))));
    }

    /// <summary>The longest time in which no client at all had a successful answer.</summary>
    public TimeSpan LongestSilence => TimeSpan.FromMicroseconds(Interlocked.Read(ref _longestSilence));

    /// <summary>After <see cref="StopAsync"/>: when which client had to wait.</summary>
    public IEnumerable<Gap> Gaps => _gaps.SelectMany(g => g);

    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _running;
    }

    /// <summary>Reads every key once more, until each is answered or the time is up.</summary>
    /// <returns>How many have not been answered.</returns>
    public async Task<int> ReadAllAsync(TimeSpan limit, CancellationToken cancelled)
    {
        var unanswered = 0;
        var begun = Stopwatch.GetTimestamp();
        var reader = new RecordingClient(_gaps.Length, _keys, _history, _clock, new Random(0));
        await Parallel.ForEachAsync(_history.Keys.ToList(), new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = cancelled }, async (key, _) =>
        {
            for (var attempt = 0; ; attempt++)
            {
                if ((await reader.ReadAsync(_balancers[attempt % _balancers.Length], key, cancelled)).IsAnswered)
                {
                    return;
                }

                if (Stopwatch.GetElapsedTime(begun) > limit)
                {
                    Interlocked.Increment(ref unanswered);
                    return;
                }

                await Task.Delay(20, cancelled);
            }
        });
        return unanswered;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
        Array.ForEach(_balancers, b => b.Dispose());
    }

    private async Task RunAsync(int number, Random random, TimeSpan period)
    {
        var client = new RecordingClient(number, _keys, _history, _clock, random);
        var balancer = number % _balancers.Length;
        var last = _clock.Now;
        var due = _clock.Now;
        try
        {
            while (true)
            {
                var result = await client.StepAsync(_balancers[balancer], _stop.Token);
                if (result.IsAnswered)
                {
                    last = Answered(number, last);
                }
                else
                {
                    balancer = (balancer + 1) % _balancers.Length;
                    await Task.Delay(20, _stop.Token);
                }

                // A client that was held up does not hurry afterwards.
                due = Math.Max(due + (long)period.TotalMicroseconds, _clock.Now - (long)period.TotalMicroseconds);
                var wait = TimeSpan.FromMicroseconds(due - _clock.Now);
                if (wait > TimeSpan.FromMilliseconds(1))
                {
                    await Task.Delay(wait, _stop.Token);
                }
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The end.
        }
    }

    private long Answered(int number, long last)
    {
        var now = _clock.Now;
        if (now - last >= LeastGap)
        {
            _gaps[number].Add(new Gap(last, now));
        }

        var silence = now - Interlocked.Exchange(ref _lastAnswer, now);
        var longest = Interlocked.Read(ref _longestSilence);
        while (silence > longest && Interlocked.CompareExchange(ref _longestSilence, silence, longest) is var seen && seen != longest)
        {
            longest = seen;
        }

        return now;
    }
}
