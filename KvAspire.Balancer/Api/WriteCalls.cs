using System.Text;
using KvAspire.Balancer.Store;

namespace KvAspire.Balancer.Api;

/// <summary>
/// The calls that change a key. All take <c>If-Match</c> or <c>If-None-Match</c>, and those that store take
/// <c>?ttl=</c>: they differ in what they accept as a body and in how they answer.
/// </summary>
/// <param name="store">Where to write.</param>
/// <param name="maxValueBytes">The largest body.</param>
internal sealed class WriteCalls(IKeyValueStore store, int maxValueBytes)
{
    /// <summary><c>POST /set/{key}</c>: stores a JSON text, byte for byte, and answers 200 with a receipt.</summary>
    public async Task SetAsync(HttpContext context)
    {
        if (ContentTypes.RequireJson(context.Request) is { } problem)
        {
            await problem.WriteAsync(context);
            return;
        }

        if (await StoreAsync(context, ContentTypes.Json, requireJson: true) is (var key, var outcome))
        {
            AddHeaders(context.Response, outcome);
            var receipt = new SetReceipt(Encoding.UTF8.GetString(key), outcome.Version.ToString(), outcome.Replicas);
            await JsonAnswer.WriteAsync(context.Response, receipt, ApiJson.OneLine.SetReceipt);
        }
    }

    /// <summary><c>PUT /kv/{key}</c>: stores any bytes, and answers 201 for a new key or 204.</summary>
    public async Task PutAsync(HttpContext context)
    {
        if (!ContentTypes.TryReadAny(context.Request, out var contentType, out var problem))
        {
            await problem.WriteAsync(context);
            return;
        }

        if (await StoreAsync(context, contentType, requireJson: false) is (var key, var outcome))
        {
            AddHeaders(context.Response, outcome);
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            if (!outcome.Existed)
            {
                context.Response.StatusCode = StatusCodes.Status201Created;
                context.Response.Headers.Location = KeyPath.Locate(key);
                context.Response.ContentLength = 0;
            }
        }
    }

    /// <summary><c>DELETE</c> of a key: 204, or 404 if it has no value.</summary>
    public async Task DeleteAsync(HttpContext context)
    {
        if (!KeyPath.TryRead(context, out var key, out var problem)
            || (problem = Preconditions.ReadForWrite(context.Request.Headers, out var condition)) is not null)
        {
            await problem.WriteAsync(context);
            return;
        }

        // Without a condition of the client's, a key that is not there needs no tombstone.
        var command = new WriteCommand(Value: null, Condition: condition ?? WriteCondition.Exists);
        if (await WriteAsync(context, key, command, condition is null ? Problem.NoValue : Problem.ConditionNotMet) is not { } outcome)
        {
            return;
        }

        if (!outcome.Existed)
        {
            await Problem.NoValue.WriteAsync(context);
            return;
        }

        context.Response.Headers[ValueHeaders.Replicas] = ValueHeaders.FormatReplicas(outcome.Replicas, outcome.ReplicasWanted);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    /// <summary>Null if the request was answered with a problem.</summary>
    private async ValueTask<(byte[] Key, WriteOutcome Outcome)?> StoreAsync(
        HttpContext context, string contentType, bool requireJson)
    {
        var request = context.Request;
        if (!KeyPath.TryRead(context, out var key, out var problem)
            || (problem = ContentTypes.RequireWhole(request)) is not null
            || (problem = Preconditions.ReadForWrite(request.Headers, out var condition)) is not null
            || (problem = TimeToLive.Read(request.Query["ttl"], out var timeToLive)) is not null)
        {
            await problem.WriteAsync(context);
            return null;
        }

        (var value, problem) = await RequestBody.ReadAsync(
            request,
            maxValueBytes,
            $"The value is larger than {maxValueBytes} bytes. Send less, split it over several keys, or raise Store:MaxValueBytes.",
            "The body is empty. Send the value as the body, or remove the key with DELETE /kv/{key}.");
        if (problem is null && requireJson)
        {
            problem = JsonText.FindFault(value);
        }

        if (problem is not null)
        {
            await problem.WriteAsync(context);
            return null;
        }

        var command = new WriteCommand(value, contentType, timeToLive, condition);
        return await WriteAsync(context, key, command, Problem.ConditionNotMet) is { } outcome ? (key, outcome) : null;
    }

    /// <summary>Null if the condition did not hold and the request was answered with <paramref name="notPassed"/>.</summary>
    private async ValueTask<WriteOutcome?> WriteAsync(HttpContext context, byte[] key, WriteCommand command, Problem notPassed)
    {
        if (!Preconditions.NeverHolds(command.Condition))
        {
            var outcome = await store.WriteAsync(key, command, context.RequestAborted);
            if (outcome.Passed)
            {
                return outcome;
            }
        }

        await notPassed.WriteAsync(context);
        return null;
    }

    private static void AddHeaders(HttpResponse response, WriteOutcome outcome)
    {
        response.Headers.ETag = ValueHeaders.FormatETag(outcome.Version);
        response.Headers[ValueHeaders.Replicas] = ValueHeaders.FormatReplicas(outcome.Replicas, outcome.ReplicasWanted);
    }
}
