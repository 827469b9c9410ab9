using System.Text.Json;
using System.Text.Json.Serialization;
using KvAspire.Balancer.Api.Docs;
using KvAspire.Balancer.Store;
using KvAspire.ServiceDefaults;

namespace KvAspire.Balancer.Api;

/// <summary>Adding nodes, removing them for good, and giving up on them.</summary>
internal static class NodesApi
{
    private const int MaxBodyBytes = 4096;
    private const string Usage = "Send {\"name\": \"node4\"}, with \"address\": \"http://host:port\" if service discovery does not know it.";

    public static void MapNodesApi(this IEndpointRouteBuilder routes)
    {
        var admin = routes.ServiceProvider.GetRequiredService<IClusterAdmin>();

        routes.MapCall("/cluster/nodes", [HttpMethods.Post], context => AddAsync(context, admin), NodesDocs.Add);
        routes.MapCall("/cluster/nodes/{name}", [HttpMethods.Delete], context => ChangeAsync(context, admin.RemoveAsync), NodesDocs.Remove);
        routes.MapCall("/cluster/nodes/{name}/forget", [HttpMethods.Post], context => ChangeAsync(context, admin.ForgetAsync), NodesDocs.Forget);
    }

    private static async Task AddAsync(HttpContext context, IClusterAdmin admin)
    {
        var (body, problem) = await RequestBody.ReadAsync(
            context.Request, MaxBodyBytes, $"The body is larger than {MaxBodyBytes} bytes, which no node needs. {Usage}", $"The body is empty. {Usage}");
        problem ??= JsonText.FindFault(body);
        if (problem is not null)
        {
            await problem.WriteAsync(context);
            return;
        }

        if (!TryRead(body, out var request))
        {
            await Problem.BadRequest($"The body is not a node. {Usage}").WriteAsync(context);
            return;
        }

        if (!NodeName.IsValid(request.Name))
        {
            await BadName().WriteAsync(context);
            return;
        }

        if (request.Address is { } address && !IsAddress(address))
        {
            await Problem.BadRequest("The address is not one. Give it as http://host:port, the node's gRPC endpoint.").WriteAsync(context);
            return;
        }

        await AnswerAsync(context, await admin.AddAsync(request.Name!, request.Address, context.RequestAborted));
    }

    private static async Task ChangeAsync(HttpContext context, Func<string, CancellationToken, Task<AdminOutcome>> change)
    {
        var name = context.GetRouteValue("name") as string;
        if (!NodeName.IsValid(name))
        {
            await BadName().WriteAsync(context);
            return;
        }

        await AnswerAsync(context, await change(name!, context.RequestAborted));
    }

    private static Task AnswerAsync(HttpContext context, AdminOutcome outcome)
    {
        switch (outcome.Status)
        {
            case AdminStatus.Unknown:
                return new Problem(StatusCodes.Status404NotFound, $"{outcome.Detail} GET /cluster lists the nodes.").WriteAsync(context);
            case AdminStatus.Conflict:
                return new Problem(StatusCodes.Status409Conflict, outcome.Detail).WriteAsync(context);
            default:
                context.Response.StatusCode = StatusCodes.Status202Accepted;
                context.Response.Headers.Location = "/cluster";
                return JsonAnswer.WriteAsync(context.Response, new NodeReceipt(outcome.Detail, "/cluster"), ApiJson.OneLine.NodeReceipt);
        }
    }

    private static bool TryRead(byte[] body, out NodeRequest request)
    {
        try
        {
            request = JsonSerializer.Deserialize(body, ApiJson.OneLine.NodeRequest) ?? new NodeRequest(null, null);
            return true;
        }
        catch (JsonException)
        {
            request = new NodeRequest(null, null);
            return false;
        }
    }

    private static bool IsAddress(string address) =>
        Uri.TryCreate(address, UriKind.Absolute, out var uri)
        && uri is { Scheme: "http" or "https", PathAndQuery: "/", UserInfo: "", Fragment: "" };

    private static Problem BadName() => Problem.BadRequest($"A node's name has {NodeName.Rule}. GET /cluster lists the nodes.");
}

/// <summary>The body of <c>POST /cluster/nodes</c>. A member that is none of these is refused: a misspelt address would be asked for ever where the node is not.</summary>
/// <param name="Name">The node's name.</param>
/// <param name="Address">Its gRPC endpoint; null if service discovery knows it.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record NodeRequest(string? Name, string? Address);

/// <summary>The answer to a change that is under way.</summary>
/// <param name="Detail">What happens now.</param>
/// <param name="Watch">Where to see how far it is.</param>
internal sealed record NodeReceipt(string Detail, string Watch);
