using System.Collections.Concurrent;
using System.Globalization;
using System.Net;

namespace KvAspire.Tests.EndToEnd;

/// <summary>
/// Clients that each read, write, delete and write on conditions, on keys of their own, so that the answer to every request is
/// known exactly. No request may fail.
/// </summary>
internal sealed class MixedClients : IAsyncDisposable
{
    private readonly RunningStore _store;
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Key> _keys = [];
    private readonly ConcurrentQueue<string> _wrong = new();
    private readonly Task _running;
    private int _done;

    /// <param name="store">The store.</param>
    /// <param name="clients">How many, each with one request under way at a time.</param>
    /// <param name="keysEach">Keys of each client.</param>
    public MixedClients(RunningStore store, int clients, int keysEach)
    {
        _store = store;
        var own = Enumerable.Range(0, clients)
            .Select(c => Enumerable.Range(0, keysEach).Select(k => new Key($"mixed {c} {k}")).ToList())
            .ToList();
        _keys.AddRange(own.SelectMany(k => k));
        _running = Task.WhenAll(own.Select((keys, client) => Task.Run(() => RunOrStopAllAsync(keys, new Random(client)))));
    }

    /// <summary>Waits until this many more requests have been answered.</summary>
    public async Task ProgressAsync(int more)
    {
        var goal = Volatile.Read(ref _done) + more;
        while (Volatile.Read(ref _done) < goal && !_running.IsCompleted)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), _store.Limit);
        }

        if (_running.IsCompleted)
        {
            await _running;
        }
    }

    /// <summary>Stops the clients, reads every key once more, and fails if any answer was wrong.</summary>
    /// <returns>The values that are there.</returns>
    public async Task<IReadOnlyDictionary<string, string>> VerifyAsync()
    {
        await _stop.CancelAsync();
        await _running;
        using var client = _store.ClientOf("balancer");
        foreach (var key in _keys)
        {
            await ReadAsync(client, key);
        }

        Assert.True(_wrong.IsEmpty, string.Join('\n', _wrong.Take(10)));
        Assert.True(Volatile.Read(ref _done) > 0, "No request was answered.");
        return _keys.Where(k => k.Value is not null).ToDictionary(k => k.Name, k => k.Value!);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.ContinueWith(t => _ = t.Exception, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        _stop.Dispose();
    }

    /// <summary>If one fails, the others end too, so that the test hears of it at once.</summary>
    private async Task RunOrStopAllAsync(List<Key> keys, Random random)
    {
        try
        {
            await RunAsync(keys, random);
        }
        finally
        {
            await _stop.CancelAsync();
        }
    }

    private async Task RunAsync(List<Key> keys, Random random)
    {
        using var client = _store.ClientOf("balancer");
        while (!_stop.IsCancellationRequested)
        {
            var key = keys[random.Next(keys.Count)];
            await (random.Next(10) switch
            {
                < 4 => ReadAsync(client, key),
                < 6 => WriteAsync(client, key, null, null),
                6 => WriteAsync(client, key, "If-None-Match", "*"),
                7 when key.Tag is { } tag => WriteAsync(client, key, "If-Match", tag),
                8 when key.OldTag is { } tag => WriteAsync(client, key, "If-Match", tag),
                _ => DeleteAsync(client, key),
            });
            Interlocked.Increment(ref _done);
        }
    }

    private async Task ReadAsync(HttpClient client, Key key)
    {
        using var answer = await client.GetAsync(key.Uri, _store.Limit);
        var body = await answer.Content.ReadAsStringAsync(_store.Limit);
        var expected = key.Value is null ? HttpStatusCode.NotFound : HttpStatusCode.OK;
        await CheckAsync(client, key, "GET", expected, answer);
        if (answer.StatusCode == HttpStatusCode.OK && (body != key.Value || answer.Headers.ETag?.Tag != key.Tag))
        {
            _wrong.Enqueue($"GET {key.Name}: {body} {answer.Headers.ETag} instead of {key.Value} {key.Tag}");
        }
    }

    private async Task WriteAsync(HttpClient client, Key key, string? header, string? tag)
    {
        var value = (++key.Writes).ToString(CultureInfo.InvariantCulture);
        using var request = new HttpRequestMessage(HttpMethod.Put, key.Uri) { Content = new StringContent(value) };
        if (header is not null)
        {
            request.Headers.TryAddWithoutValidation(header, tag);
        }

        using var answer = await client.SendAsync(request, _store.Limit);
        var holds = header switch
        {
            null => true,
            "If-Match" => key.Value is not null && key.Tag == tag,
            _ => key.Value is null,
        };
        var expected = !holds ? HttpStatusCode.PreconditionFailed : key.Value is null ? HttpStatusCode.Created : HttpStatusCode.NoContent;
        await CheckAsync(client, key, $"PUT {header} {tag}", expected, answer);
        if (holds)
        {
            key.Set(value, answer.Headers.ETag?.Tag);
        }
    }

    private async Task DeleteAsync(HttpClient client, Key key)
    {
        using var answer = await client.DeleteAsync(key.Uri, _store.Limit);
        var expected = key.Value is null ? HttpStatusCode.NotFound : HttpStatusCode.NoContent;
        await CheckAsync(client, key, "DELETE", expected, answer);
        key.Set(null, null);
    }

    private async Task CheckAsync(HttpClient client, Key key, string call, HttpStatusCode expected, HttpResponseMessage answer)
    {
        if ((int)answer.StatusCode >= 500)
        {
            var cluster = await client.GetStringAsync(new Uri("/cluster", UriKind.Relative), _store.Limit);
            Assert.Fail($"{call} {key.Name}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(_store.Limit)}\n{cluster}");
        }

        if (answer.StatusCode != expected)
        {
            _wrong.Enqueue(
                $"{call} {key.Name}: {(int)answer.StatusCode} instead of {(int)expected}; the value should be {key.Value} {key.Tag}. {await answer.Content.ReadAsStringAsync(_store.Limit)}");
        }
    }

    /// <summary>Used by one client at a time.</summary>
    private sealed class Key(string name)
    {
        public string Name => name;

        public Uri Uri { get; } = new($"/kv/{Uri.EscapeDataString(name)}", UriKind.Relative);

        public int Writes { get; set; }

        public string? Value { get; private set; }

        /// <summary>The version of the value.</summary>
        public string? Tag { get; private set; }

        /// <summary>A version that the key had and has no more.</summary>
        public string? OldTag { get; private set; }

        public void Set(string? value, string? tag)
        {
            OldTag = Tag ?? OldTag;
            (Value, Tag) = (value, tag);
        }
    }
}
