using System.Net;
using System.Net.Http.Json;

namespace KvAspire.AppHost;

/// <summary>Asks whichever balancer serves to change the membership.</summary>
/// <param name="balancers">The balancers, in the order in which to ask.</param>
/// <param name="http">Its timeout is how long each of them is waited for.</param>
internal sealed class ClusterApi(IReadOnlyList<BalancerAddress> balancers, HttpClient http)
{
    /// <summary>What the balancer says of a node that need not be added.</summary>
    private const string IsMember = "is a member already";

    /// <summary>What the balancer that serves says of a change that it will make and has not made yet: no other need be asked.</summary>
    private const string IsNoted = "\"outcomeUnknown\":true";

    /// <summary>Adds a node. One that has joined by itself meanwhile, as spares do, is added, too.</summary>
    public Task<ExecuteCommandResult> AddAsync(string node, CancellationToken cancellationToken) => AskAsync(
        () => new HttpRequestMessage(HttpMethod.Post, "/cluster/nodes") { Content = JsonContent.Create(new { name = node }) },
        (status, text) => status == HttpStatusCode.Conflict && text.Contains(IsMember, StringComparison.Ordinal),
        $"{node} is being added.",
        cancellationToken);

    /// <summary>Removes a node for good.</summary>
    public Task<ExecuteCommandResult> RemoveAsync(string node, CancellationToken cancellationToken) => AskAsync(
        () => new HttpRequestMessage(HttpMethod.Delete, $"/cluster/nodes/{node}"), (_, _) => false, $"{node} is being removed.", cancellationToken);

    /// <summary>Asks one balancer after the other: one that stands by, is paused or dead, leaves the answer to the next.</summary>
    private async Task<ExecuteCommandResult> AskAsync(
        Func<HttpRequestMessage> request, Func<HttpStatusCode, string, bool> isDoneAlready, string done, CancellationToken cancellationToken)
    {
        var last = "There is no balancer.";
        foreach (var balancer in balancers)
        {
            try
            {
                using var message = request();
                message.RequestUri = new Uri(new Uri(balancer.Url()), message.RequestUri!);
                using var answer = await http.SendAsync(message, cancellationToken);
                var text = await answer.Content.ReadAsStringAsync(cancellationToken);
                if (answer.IsSuccessStatusCode || isDoneAlready(answer.StatusCode, text))
                {
                    return CommandResults.Success(done);
                }

                last = $"{balancer.Name} answered {(int)answer.StatusCode}: {text}";
                if (answer.StatusCode != HttpStatusCode.ServiceUnavailable || text.Contains(IsNoted, StringComparison.Ordinal))
                {
                    break;
                }
            }
            catch (HttpRequestException e)
            {
                last = $"{balancer.Name} could not be reached: {e.Message}";
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                last = $"{balancer.Name} did not answer within {http.Timeout.TotalSeconds} s.";
            }
        }

        return CommandResults.Failure(last);
    }
}

/// <summary>Where to ask a balancer.</summary>
/// <param name="Name">For people.</param>
/// <param name="Url">Known once the balancer has been started.</param>
internal sealed record BalancerAddress(string Name, Func<string> Url);
