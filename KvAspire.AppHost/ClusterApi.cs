using System.Net;
using System.Net.Http.Json;

namespace KvAspire.AppHost;

/// <summary>Asks whichever balancer serves to change the membership.</summary>
/// <param name="balancers">The balancers' endpoints, in the order in which to ask.</param>
internal sealed class ClusterApi(IReadOnlyList<EndpointReference> balancers)
{
    private static readonly HttpClient s_http = new() { Timeout = TimeSpan.FromSeconds(15) };

    /// <summary>Adds a node.</summary>
    public Task<ExecuteCommandResult> AddAsync(string node, CancellationToken cancellationToken) => AskAsync(
        () => new HttpRequestMessage(HttpMethod.Post, "/cluster/nodes") { Content = JsonContent.Create(new { name = node }) },
        $"{node} is being added.",
        cancellationToken);

    /// <summary>Removes a node for good.</summary>
    public Task<ExecuteCommandResult> RemoveAsync(string node, CancellationToken cancellationToken) => AskAsync(
        () => new HttpRequestMessage(HttpMethod.Delete, $"/cluster/nodes/{node}"), $"{node} is being removed.", cancellationToken);

    /// <summary>Asks one balancer after the other: one that stands by, or is dead, leaves the answer to the next.</summary>
    private async Task<ExecuteCommandResult> AskAsync(Func<HttpRequestMessage> request, string done, CancellationToken cancellationToken)
    {
        var last = "There is no balancer.";
        foreach (var balancer in balancers)
        {
            try
            {
                using var message = request();
                message.RequestUri = new Uri(new Uri(balancer.Url), message.RequestUri!);
                using var answer = await s_http.SendAsync(message, cancellationToken);
                if (answer.IsSuccessStatusCode)
                {
                    return CommandResults.Success(done);
                }

                last = $"{balancer.Resource.Name} answered {(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync(cancellationToken)}";
                if (answer.StatusCode != HttpStatusCode.ServiceUnavailable)
                {
                    break;
                }
            }
            catch (HttpRequestException e)
            {
                last = $"{balancer.Resource.Name} could not be reached: {e.Message}";
            }
        }

        return CommandResults.Failure(last);
    }
}
