using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
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

    /// <summary>If there are more than these, so many clients wait until the store itself gives up, and are told what it says then.</summary>
    private const int PatientClients = 2;

    /// <summary>Of the answers that the API does not have, so many are told one by one.</summary>
    private const int UnexpectedTold = 20;

    /// <summary>How long a client waits before it asks the other balancer. The store may take up to 10 s.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan PatientTimeout = TimeSpan.FromSeconds(12);

    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromMilliseconds(20);

    private readonly CancellationTokenSource _stop = new();
    private readonly HttpClient[] _balancers;
    private readonly HttpClient[] _patientBalancers;
    private readonly RecordingClient[] _clients;
    private readonly History _history;
    private readonly RunClock _clock;
    private readonly Action<string> _trouble;
    private readonly List<Gap>[] _gaps;
    private readonly Task _running;
    private long _lastAnswer;
    private long _longestSilence;
    private int _unexpected;

    /// <param name="store">The store.</param>
    /// <param name="keys">Shared by all clients.</param>
    /// <param name="history">Where they record.</param>
    /// <param name="clock">The run's clock.</param>
    /// <param name="clients">How many.</param>
    /// <param name="rate">Operations a second, of all together, at most.</param>
    /// <param name="seed">Decides what they ask for.</param>
    /// <param name="trouble">Takes sentences about answers that the API does not have.</param>
    public FaultClients(FaultyStore store, KeyRing keys, History history, RunClock clock, int clients, int rate, int seed, Action<string> trouble)
    {
        (_history, _clock, _trouble) = (history, clock, trouble);
        HttpClient[] ClientsWith(TimeSpan timeout) => [.. FaultyStore.Balancers.Select(b => StoreCall.CreateClient(store.Processes.AddressOf(b), timeout))];
        (_balancers, _patientBalancers) = (ClientsWith(Timeout), ClientsWith(PatientTimeout));
        var randoms = Enumerable.Range(0, clients).Select(i => new Random((seed * 1000) + i)).ToArray();
        _clients = [.. randoms.Select((random, i) => new RecordingClient(i, keys, history, clock, random))];
        _gaps = [.. randoms.Select(_ => new List<Gap>())];
        _lastAnswer = clock.Now;
        var period = TimeSpan.FromSeconds((double)clients / rate);
        _running = Task.WhenAll(Enumerable.Range(0, clients).Select(i => Task.Run(() => RunAsync(i, period))));
    }

    /// <summary>The longest time in which no client at all had a successful answer.</summary>
    public TimeSpan LongestSilence => TimeSpan.FromMicroseconds(Interlocked.Read(ref _longestSilence));

    /// <summary>
    /// After <see cref="StopAsync"/>: when which client had to wait. Not those that would have waited, whatever another balancer could have told them.
    /// </summary>
    public IEnumerable<Gap> Gaps => _gaps.Where((_, number) => !IsPatient(number)).SelectMany(g => g);

    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _running;
    }

    /// <summary>After <see cref="StopAsync"/>: reads every key once more, all clients at once, until each is answered or the time is up.</summary>
    /// <param name="limit">For all keys together.</param>
    /// <param name="replicas">What each answer with a value must say of the copies; null if it may say anything.</param>
    /// <param name="cancelled">Ends the run.</param>
    /// <returns>The keys that have not been answered so, each with what was told last.</returns>
    public async Task<IReadOnlyCollection<string>> ReadAllAsync(TimeSpan limit, string? replicas, CancellationToken cancelled)
    {
        var left = new ConcurrentQueue<string>(_history.Keys);
        var missed = new ConcurrentBag<string>();
        var begun = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, _clients.Length).Select(i => Task.Run(() => ReadSomeAsync(i), cancelled)));
        return missed;

        async Task ReadSomeAsync(int number)
        {
            var balancer = number;
            while (left.TryDequeue(out var key))
            {
                while (true)
                {
                    var told = Heed(await _clients[number].ReadAsync(BalancerOf(number, balancer), key, cancelled));
                    if (told.IsAnswered && (replicas is null || told.Value is null || told.Replicas == replicas))
                    {
                        break;
                    }

                    if (Stopwatch.GetElapsedTime(begun) > limit)
                    {
                        missed.Add(string.Create(CultureInfo.InvariantCulture, $"{key} (status {told.Status}, {told.Replicas ?? "no"} copies)"));
                        break;
                    }

                    balancer += told.IsAnswered ? 0 : 1;
                    await Task.Delay(PauseAfterFailure, cancelled);
                }
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
        foreach (var balancer in _balancers.Concat(_patientBalancers))
        {
            balancer.Dispose();
        }
    }

    private bool IsPatient(int number) => number < PatientClients && _clients.Length > PatientClients;

    private HttpClient BalancerOf(int number, int choice) => (IsPatient(number) ? _patientBalancers : _balancers)[choice % FaultyStore.Balancers.Count];

    private async Task RunAsync(int number, TimeSpan period)
    {
        var balancer = number;
        var last = _clock.Now;
        var due = _clock.Now;
        try
        {
            while (true)
            {
                if (Heed(await _clients[number].StepAsync(BalancerOf(number, balancer), _stop.Token)).IsAnswered)
                {
                    last = Answered(number, last);
                }
                else
                {
                    balancer++;
                    await Task.Delay(PauseAfterFailure, _stop.Token);
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

    private CallResult Heed(CallResult told)
    {
        if (told.Unexpected is { } unexpected)
        {
            var count = Interlocked.Increment(ref _unexpected);
            if (count <= UnexpectedTold)
            {
                _trouble(count < UnexpectedTold ? unexpected : unexpected + " (What follows of this kind is not told.)");
            }
        }

        return told;
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
