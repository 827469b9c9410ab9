using System.Net;
using KvAspire.AppHost;

namespace KvAspire.Tests.Hosting;

/// <summary>What the dashboard's commands make of the balancers' answers.</summary>
public sealed class ClusterApiTests
{
    [Fact]
    public async Task Add_FirstBalancerIsPaused_AsksTheNext()
    {
        using var balancers = new FakeBalancers((HttpStatusCode?)null, HttpStatusCode.Accepted);

        var result = await balancers.Api().AddAsync("node4", default);

        Assert.True(result.Success);
        Assert.Equal(["b1", "b2"], balancers.Asked);
    }

    [Fact]
    public async Task Remove_EveryBalancerIsPaused_FailsAndSaysSo()
    {
        using var balancers = new FakeBalancers((HttpStatusCode?)null);

        var result = await balancers.Api().RemoveAsync("node1", default);

        Assert.False(result.Success);
        Assert.Equal("b1 did not answer within 0.5 s.", result.Message);
    }

    [Fact]
    public async Task Add_CallerGoesAway_AsksNoOther()
    {
        using var balancers = new FakeBalancers(null, HttpStatusCode.Accepted);
        using var gone = new CancellationTokenSource();
        balancers.Arrived = gone.Cancel;

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => balancers.Api().AddAsync("node4", gone.Token));

        Assert.Equal(["b1"], balancers.Asked);
    }

    [Fact]
    public async Task Add_NodeHasJoinedByItself_Succeeds()
    {
        using var balancers = new FakeBalancers(HttpStatusCode.Conflict) { Text = """{"status":409,"detail":"node4 is a member already."}""" };

        Assert.True((await balancers.Api().AddAsync("node4", default)).Success);
    }

    [Fact]
    public async Task Add_NodeHoldsData_FailsWithWhatTheBalancerSays()
    {
        using var balancers = new FakeBalancers(HttpStatusCode.Conflict, HttpStatusCode.Accepted) { Text = "node4 holds data of cluster c2" };

        var result = await balancers.Api().AddAsync("node4", default);

        Assert.False(result.Success);
        Assert.Equal("b1 answered 409: node4 holds data of cluster c2", result.Message);
        Assert.Equal(["b1"], balancers.Asked);
    }

    /// <summary>Balancers b1, b2, …</summary>
    /// <param name="answers">What each answers; null is a balancer that takes the request and is silent.</param>
    private sealed class FakeBalancers(params HttpStatusCode?[] answers) : HttpMessageHandler
    {
        private HttpClient? _http;

        public List<string> Asked { get; } = [];

        /// <summary>The body of every answer.</summary>
        public string Text { get; init; } = "";

        /// <summary>Called when a request is there.</summary>
        public Action Arrived { get; set; } = () => { };

        public ClusterApi Api()
        {
            _http = new HttpClient(this, disposeHandler: false) { Timeout = TimeSpan.FromMilliseconds(500) };
            return new ClusterApi([.. Enumerable.Range(1, answers.Length).Select(i => new BalancerAddress($"b{i}", () => $"http://b{i}"))], _http);
        }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Asked.Add(request.RequestUri!.Host);
            Arrived();
            if (answers[Asked.Count - 1] is not { } status)
            {
                await Task.Delay(Timeout.Infinite, cancellationToken);
                throw new InvalidOperationException("It is silent.");
            }

            return new HttpResponseMessage(status) { Content = new StringContent(Text) };
        }

        protected override void Dispose(bool disposing)
        {
            _http?.Dispose();
            base.Dispose(disposing);
        }
    }
}
