using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace KvAspire.Tests.Load;

/// <summary>
/// A store of one dictionary with the <c>/kv</c> part of the API, conditions included. Every so many requests it is wrong in a way that the test
/// names.
/// </summary>
internal sealed class FakeResource : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Dictionary<string, (string Value, long Version)> _values = [];
    private readonly ConcurrentDictionary<string, (string Value, long Version)> _before = [];
    private readonly Lock _lock = new();
    private readonly string? _wrong;
    private readonly int _every;
    private long _version;
    private int _requests;

    private FakeResource(WebApplication app, string? wrong, int every) => (_app, _wrong, _every) = (app, wrong, every);

    public Uri Address => new(_app.Urls.Single());

    /// <param name="wrong"><c>stale</c> (a read), <c>condition</c> (is ignored), <c>lost</c> (a write); null for none.</param>
    /// <param name="every">After how many requests it is wrong once.</param>
    public static async Task<FakeResource> StartAsync(string? wrong = null, int every = 40)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var store = new FakeResource(app, wrong, every);
        app.MapGet("/health", () => "Healthy");
        app.MapGet("/kv/{key}", (string key, HttpContext context) => store.Get(key, context));
        app.MapPut("/kv/{key}", async (string key, HttpContext context) =>
        {
            using var reader = new StreamReader(context.Request.Body);
            return store.Write(key, await reader.ReadToEndAsync(), context);
        });
        app.MapDelete("/kv/{key}", (string key, HttpContext context) => store.Write(key, null, context));
        await app.StartAsync();
        return store;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private bool IsWrong(string how) => _wrong == how && ++_requests % _every == 0;

    private IResult Get(string key, HttpContext context)
    {
        lock (_lock)
        {
            if (IsWrong("stale") && _before.TryGetValue(key, out var old))
            {
                return Answer(context, old);
            }

            return _values.TryGetValue(key, out var value) ? Answer(context, value) : Results.NotFound();
        }
    }

    private static IResult Answer(HttpContext context, (string Value, long Version) value)
    {
        context.Response.Headers.ETag = Tag(value.Version);
        return Results.Text(value.Value);
    }

    private IResult Write(string key, string? value, HttpContext context)
    {
        lock (_lock)
        {
            var current = _values.TryGetValue(key, out var known) ? Tag(known.Version) : null;
            if (!Holds(context.Request.Headers, current) && !IsWrong("condition"))
            {
                return Results.StatusCode(StatusCodes.Status412PreconditionFailed);
            }

            if (value is null)
            {
                return current is not null && _values.Remove(key) ? Results.NoContent() : Results.NotFound();
            }

            context.Response.Headers.ETag = Tag(++_version);
            if (!IsWrong("lost"))
            {
                if (current is not null)
                {
                    _before[key] = known;
                }

                _values[key] = (value, _version);
            }

            return current is null ? Results.Created() : Results.NoContent();
        }
    }

    private static bool Holds(IHeaderDictionary headers, string? current) =>
        headers.IfMatch.Count > 0 ? current is not null && (headers.IfMatch == "*" || headers.IfMatch == current)
        : headers.IfNoneMatch.Count == 0 || current is null || (headers.IfNoneMatch != "*" && headers.IfNoneMatch != current);

    private static string Tag(long version) => string.Create(CultureInfo.InvariantCulture, $"\"1.1.{version}\"");
}
