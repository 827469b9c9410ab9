using System.Globalization;
using System.Net;
using System.Text;

namespace KvAspire.Tests.EndToEnd;

/// <summary>
/// Clients that each write growing numbers to keys of their own and read them back, for as long as they are told.
/// A read must never show less than what was acknowledged or read before, nor more than what was ever sent.
/// </summary>
internal sealed class CountingClients : IAsyncDisposable
{
    private readonly RunningStore _store;
    private readonly string _balancer;
    private readonly bool _mayFail;
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Counter> _counters = [];
    private readonly List<string> _wrong = [];
    private readonly Task _running;
    private int _acknowledged;

    /// <param name="store">The store.</param>
    /// <param name="keys">How many keys, with one client each.</param>
    /// <param name="mayFail">Whether requests may go unanswered, or be answered with 503. Wrong answers never may.</param>
    /// <param name="balancer">Whom to ask.</param>
    public CountingClients(RunningStore store, int keys, bool mayFail, string balancer = "balancer")
    {
        _store = store;
        _balancer = balancer;
        _mayFail = mayFail;
        _counters.AddRange(Enumerable.Range(0, keys).Select(i => new Counter($"counter {i}")));
        _running = Task.WhenAll(_counters.Select(c => Task.Run(() => RunAsync(c))));
    }

    /// <summary>Writes acknowledged so far.</summary>
    public int Acknowledged => Volatile.Read(ref _acknowledged);

    /// <summary>Waits until this many more writes have been acknowledged.</summary>
    public async Task ProgressAsync(int more)
    {
        var goal = Acknowledged + more;
        while (Acknowledged < goal && !_running.IsCompleted)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), _store.Limit);
        }

        if (_running.IsCompleted)
        {
            await _running;
        }
    }

    /// <summary>Stops the clients, reads every key once more, and fails if any answer was wrong.</summary>
    public async Task VerifyAsync(string? balancer = null)
    {
        await _stop.CancelAsync();
        await _running;
        using var client = _store.ClientOf(balancer ?? _balancer);
        foreach (var counter in _counters)
        {
            await ReadAsync(client, counter, mayFail: false);
        }

        Assert.True(_wrong.Count == 0, string.Join('\n', _wrong.Take(10)));
        Assert.True(Acknowledged > 0, "No write was acknowledged.");
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.ContinueWith(t => _ = t.Exception, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        _stop.Dispose();
    }

    private async Task RunAsync(Counter counter)
    {
        using var client = _store.ClientOf(_balancer);
        while (!_stop.IsCancellationRequested)
        {
            await WriteAsync(client, counter);
            await ReadAsync(client, counter, _mayFail);
        }
    }

    private async Task WriteAsync(HttpClient client, Counter counter)
    {
        var value = ++counter.Sent;
        using var content = new StringContent(value.ToString(CultureInfo.InvariantCulture), Encoding.UTF8, "application/json");
        try
        {
            using var response = await client.PostAsync(new Uri($"/set/{Uri.EscapeDataString(counter.Key)}", UriKind.Relative), content, _store.Limit);
            if (response.IsSuccessStatusCode)
            {
                counter.AtLeast = value;
                Interlocked.Increment(ref _acknowledged);
                return;
            }

            await FailAsync($"SET {counter.Key} {value}: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync(_store.Limit)}", response.StatusCode);
        }
        catch (Exception e) when (_mayFail && e is HttpRequestException or TaskCanceledException && !_store.Limit.IsCancellationRequested)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), _store.Limit);
        }
    }

    private async Task ReadAsync(HttpClient client, Counter counter, bool mayFail)
    {
        try
        {
            using var response = await client.GetAsync(new Uri($"/get/{Uri.EscapeDataString(counter.Key)}", UriKind.Relative), _store.Limit);
            var body = await response.Content.ReadAsStringAsync(_store.Limit);
            if (response.StatusCode is not (HttpStatusCode.OK or HttpStatusCode.NotFound))
            {
                Assert.True(mayFail, $"GET {counter.Key}: {(int)response.StatusCode} {body}");
                await FailAsync(body, response.StatusCode);
                return;
            }

            var value = response.StatusCode == HttpStatusCode.NotFound ? 0 : long.Parse(body, CultureInfo.InvariantCulture);
            if (value < counter.AtLeast || value > counter.Sent)
            {
                lock (_wrong)
                {
                    _wrong.Add($"{counter.Key}: read {value}, but {counter.AtLeast} was acknowledged or read before, and {counter.Sent} sent last");
                }
            }

            counter.AtLeast = Math.Max(counter.AtLeast, value);
        }
        catch (Exception e) when (mayFail && e is HttpRequestException or TaskCanceledException && !_store.Limit.IsCancellationRequested)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), _store.Limit);
        }
    }

    private Task FailAsync(string what, HttpStatusCode status)
    {
        Assert.True(_mayFail && status == HttpStatusCode.ServiceUnavailable, what);
        return Task.Delay(TimeSpan.FromMilliseconds(50), _store.Limit);
    }

    /// <summary>Used by one client at a time.</summary>
    private sealed class Counter(string key)
    {
        public string Key { get; } = key;

        public long Sent { get; set; }

        public long AtLeast { get; set; }
    }
}
