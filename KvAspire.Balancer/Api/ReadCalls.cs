using KvAspire.Balancer.Store;

namespace KvAspire.Balancer.Api;

/// <summary>
/// <c>GET</c> and <c>HEAD</c> of a key: 200 with exactly the stored bytes and their content type, 304, 404 or 412.
/// </summary>
internal sealed class ReadCalls(IKeyValueStore store)
{
    public async Task GetAsync(HttpContext context)
    {
        if (!KeyPath.TryRead(context, out var key, out var problem))
        {
            await problem.WriteAsync(context);
            return;
        }

        var outcome = await store.ReadAsync(key, context.RequestAborted);
        if (outcome.Value is not { } value)
        {
            await Problem.NoValue.WriteAsync(context);
            return;
        }

        var (request, response) = (context.Request, context.Response);
        problem = Preconditions.DecideRead(request.Headers, value.Version, out var notModified);
        if (problem is not null)
        {
            await problem.WriteAsync(context);
            return;
        }

        response.Headers.ETag = ValueHeaders.FormatETag(value.Version);
        // What was read is the last value now, and nobody can say for how long.
        response.Headers.CacheControl = "no-cache";
        response.Headers[ValueHeaders.Replicas] = ValueHeaders.FormatReplicas(outcome.Replicas, outcome.ReplicasWanted);
        if (value.ExpiresAt is { } expiresAt)
        {
            response.Headers[ValueHeaders.Expires] = ValueHeaders.FormatExpiry(expiresAt);
        }

        if (notModified)
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        response.ContentType = ContentTypes.ToSend(value.ContentType);
        ValueHeaders.Disarm(response);
        response.ContentLength = value.Value.Length;
        if (!HttpMethods.IsHead(request.Method))
        {
            await response.BodyWriter.WriteAsync(value.Value, context.RequestAborted);
        }
    }
}
