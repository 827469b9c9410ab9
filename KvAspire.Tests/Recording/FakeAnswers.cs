using System.Net;
using System.Net.Http.Headers;

namespace KvAspire.Tests.Recording;

/// <summary>A store that answers whatever the test says, without a network.</summary>
internal sealed class FakeAnswers(Func<HttpRequestMessage, HttpResponseMessage> answer) : HttpMessageHandler
{
    public HttpClient CreateClient() => new(this, disposeHandler: false) { BaseAddress = new Uri("http://store") };

    public static HttpResponseMessage Answer(HttpStatusCode status, string? entityTag = null, string body = "", string? replicas = null)
    {
        var response = new HttpResponseMessage(status) { Content = new StringContent(body) };
        response.Headers.ETag = entityTag is null ? null : EntityTagHeaderValue.Parse(entityTag);
        if (replicas is not null)
        {
            response.Headers.Add("Kv-Replicas", replicas);
        }

        return response;
    }

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => Task.FromResult(answer(request));
}
