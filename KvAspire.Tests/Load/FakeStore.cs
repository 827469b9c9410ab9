using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace KvAspire.Tests.Load;

/// <summary>What <see cref="FakeStore"/> does with one request.</summary>
internal enum Behaviour
{
    Right,

    /// <summary>A get returns the value before the last one, or the last one if it was deleted.</summary>
    ReturnOlder,

    /// <summary>A get returns 404.</summary>
    ReturnNothing,

    /// <summary>A get returns the value with one byte changed.</summary>
    ReturnCorrupt,

    /// <summary>A write is acknowledged and not made.</summary>
    AcknowledgeOnly,

    /// <summary>A write is made, and answered 503 with an unknown outcome.</summary>
    ApplyThenUnknown,

    /// <summary>A write is not made, and answered 503 with an unknown outcome.</summary>
    DropThenUnknown,

    /// <summary>A write is not made, and answered 503 that says so.</summary>
    Refuse,

    /// <summary>A write is made, and answered 503 that says that it is not.</summary>
    ApplyThenRefuse,

    /// <summary>A request takes effect, and its connection ends without an answer.</summary>
    ApplyThenBreak,

    /// <summary>A get is answered 503.</summary>
    Unavailable,
}

/// <summary>
/// A store of one dictionary, with the part of the HTTP API that the driver uses. It is right, except for the requests
/// that the test names.
/// </summary>
internal sealed class FakeStore : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, List<byte[]?>> _histories = new();
    private readonly Func<string, int, Behaviour> _behaviour;
    private readonly ConcurrentDictionary<string, int> _counts = new();

    private FakeStore(WebApplication app, Func<string, int, Behaviour> behaviour)
    {
        _app = app;
        _behaviour = behaviour;
    }

    public Uri Address => new(_app.Urls.Single());

    /// <summary>Body of <c>GET /cluster</c>.</summary>
    public Func<string> Cluster { get; set; } = () => "{}";

    /// <summary>How many requests of a method have arrived.</summary>
    public int CountOf(string method) => _counts.GetValueOrDefault(method);

    /// <param name="behaviour">Given the HTTP method and the number of the request of that method, from 1.</param>
    public static async Task<FakeStore> StartAsync(Func<string, int, Behaviour>? behaviour = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var store = new FakeStore(app, behaviour ?? ((_, _) => Behaviour.Right));
        app.MapGet("/health", () => "Healthy");
        app.MapGet("/alive", () => "Healthy");
        app.MapGet("/cluster", () => Results.Text(store.Cluster(), "application/json"));
        app.MapGet("/get/{key}", (string key, HttpContext context) => store.Get(key, context));
        app.MapPost("/set/{key}", async (string key, HttpContext context) =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            return store.Write(key, body.ToArray(), context);
        });
        app.MapDelete("/delete/{key}", (string key, HttpContext context) => store.Write(key, null, context));
        await app.StartAsync();
        return store;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private Behaviour Next(string method) => _behaviour(method, _counts.AddOrUpdate(method, 1, (_, count) => count + 1));

    private IResult Get(string key, HttpContext context)
    {
        var history = _histories.GetOrAdd(key, _ => []);
        byte[]? value;
        lock (history)
        {
            value = history.LastOrDefault();
            switch (Next("GET"))
            {
                case Behaviour.ReturnOlder:
                    value = history.SkipLast(1).LastOrDefault(older => older is not null) ?? value;
                    break;
                case Behaviour.ReturnNothing:
                    value = null;
                    break;
                case Behaviour.ReturnCorrupt when value is not null:
                    value = [.. value];
                    value[^3] ^= 1;
                    break;
                case Behaviour.Unavailable:
                    return Problem(null);
                case Behaviour.ApplyThenBreak:
                    context.Abort();
                    break;
            }
        }

        return value is null ? Results.NotFound() : Results.Bytes(value, "application/json");
    }

    private IResult Write(string key, byte[]? value, HttpContext context)
    {
        var history = _histories.GetOrAdd(key, _ => []);
        lock (history)
        {
            var existed = history.LastOrDefault() is not null;
            var behaviour = Next(context.Request.Method);
            if (behaviour is not (Behaviour.AcknowledgeOnly or Behaviour.DropThenUnknown or Behaviour.Refuse))
            {
                history.Add(value);
            }

            switch (behaviour)
            {
                case Behaviour.ApplyThenUnknown or Behaviour.DropThenUnknown:
                    return Problem(outcomeUnknown: true);
                case Behaviour.Refuse or Behaviour.ApplyThenRefuse:
                    return Problem(outcomeUnknown: false);
                case Behaviour.ApplyThenBreak:
                    context.Abort();
                    break;
            }

            return value is not null ? Results.Ok(new { key, version = $"1.1.{history.Count}", replicas = "2/2" })
                : existed ? Results.NoContent()
                : Results.NotFound();
        }
    }

    private static IResult Problem(bool? outcomeUnknown) => Results.Problem(
        "No copy of the key can be reached.",
        statusCode: StatusCodes.Status503ServiceUnavailable,
        extensions: outcomeUnknown is { } unknown ? new Dictionary<string, object?> { ["outcomeUnknown"] = unknown } : null);
}
