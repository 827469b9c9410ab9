using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;
using KvAspire.Balancer.Api;
using KvAspire.Balancer.Store;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace KvAspire.Tests.Api;

/// <summary>The API on a real server at a free port of this machine, over a <see cref="FakeStore"/>.</summary>
internal sealed class ApiHost : IAsyncDisposable
{
    private readonly WebApplication _app;

    private ApiHost(WebApplication app, FakeStore store, LogCollector logs)
    {
        (_app, Store, Logs) = (app, store, logs);
        Client = new HttpClient { BaseAddress = new Uri(app.Urls.Single()), Timeout = TimeSpan.FromSeconds(60) };
    }

    public FakeStore Store { get; }

    public LogCollector Logs { get; }

    public HttpClient Client { get; }

    public IServiceProvider Services => _app.Services;

    public static async Task<ApiHost> StartAsync(params string[] args)
    {
        var builder = WebApplication.CreateSlimBuilder(["--urls", "http://127.0.0.1:0", .. args]);
        var (store, logs) = (new FakeStore(), new LogCollector());
        builder.Logging.ClearProviders().AddProvider(logs);
        builder.Services.AddSingleton<IKeyValueStore>(store).AddSingleton<IClusterInfo>(store).AddSingleton<IClusterAdmin>(store);
        builder.AddKvApi();
        var app = builder.Build();
        app.MapKvApi();
        await app.StartAsync();
        return new ApiHost(app, store, logs);
    }

    /// <summary>Sends a request line and what follows exactly as given, and reads until the server closes.</summary>
    /// <param name="request">In Latin-1, so that each character is one byte. Should ask for <c>Connection: close</c>.</param>
    public async Task<RawAnswer> SendRawAsync(string request)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(Client.BaseAddress!.Host, Client.BaseAddress.Port);
        var stream = socket.GetStream();
        using var answer = new MemoryStream();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var reading = stream.CopyToAsync(answer, limit.Token);
        try
        {
            // The server may answer and close before it has read all.
            await stream.WriteAsync(Encoding.Latin1.GetBytes(request), limit.Token);
            await reading;
        }
        catch (IOException)
        {
            await Task.WhenAny(reading);
        }

        return RawAnswer.Parse(Encoding.Latin1.GetString(answer.ToArray()));
    }

    /// <summary>Sends a request without a body to a target that no client library would let pass.</summary>
    public Task<RawAnswer> SendTargetAsync(string method, string target, string moreHeaders = "") =>
        SendRawAsync($"{method} {target} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n{moreHeaders}\r\n");

    /// <summary>Lets the requests in hand come to their end.</summary>
    public Task StopAsync() => _app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.StopAsync(new CancellationToken(canceled: true));
        await _app.DisposeAsync();
    }
}

/// <summary>An answer as it came over the wire.</summary>
internal sealed record RawAnswer(int Status, string Headers, string Body)
{
    public static RawAnswer Parse(string text)
    {
        var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        Assert.True(end > 0, $"Not an answer: '{text}'");
        return new RawAnswer(int.Parse(text.AsSpan(9, 3), System.Globalization.CultureInfo.InvariantCulture), text[..end], text[(end + 4)..]);
    }
}

/// <summary>Keeps what was logged as a warning or worse.</summary>
internal sealed class LogCollector : ILoggerProvider, ILogger
{
    public ConcurrentQueue<string> Messages { get; } = new();

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
        {
            Messages.Enqueue($"{logLevel}: {formatter(state, exception)} {exception}");
        }
    }

    public void Dispose()
    {
    }
}
