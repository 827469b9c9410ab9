using System.Globalization;
using Microsoft.Net.Http.Headers;
using Microsoft.OpenApi;

namespace KvAspire.Balancer.Api.Docs;

/// <summary>Maps calls together with what the OpenAPI document says of them.</summary>
internal static class CallDocsExtensions
{
    private const string ProblemType = "application/problem+json";

    /// <summary>Maps a handler that binds nothing, and describes it.</summary>
    public static IEndpointConventionBuilder MapCall(
        this IEndpointRouteBuilder routes, string pattern, string[] methods, RequestDelegate handler, CallDocs docs)
    {
        // Only endpoints that carry their method are listed in the document; plain delegates do not by themselves.
        var endpoint = routes.MapMethods(pattern, methods, handler).WithMetadata(handler.Method);
        foreach (var answer in docs.Answers.Where(a => a.Type is not null))
        {
            endpoint.WithMetadata(new ProducesResponseTypeMetadata(answer.Status, answer.Type, [answer.ContentType!]));
        }

        foreach (var status in docs.Problems)
        {
            endpoint.WithMetadata(new ProducesResponseTypeMetadata(status, typeof(Problem), [ProblemType]));
        }

        return endpoint.AddOpenApiOperationTransformer((operation, context, _) =>
        {
            var isHead = HttpMethods.IsHead(context.Description.HttpMethod ?? "");
            operation.OperationId = docs.Id + (isHead ? "Headers" : "");
            operation.Summary = docs.Summary + (isHead ? ": the headers alone" : "");
            operation.Description = docs.Remarks;
            operation.Tags = new HashSet<OpenApiTagReference> { new(docs.Tag, context.Document) };
            operation.Parameters = [.. Parameters(docs)];
            operation.RequestBody = docs.Body is null ? null : Body(docs.Body, docs.BodyText);
            operation.Responses = Responses(docs, isHead, operation.Responses ?? []);
            return Task.CompletedTask;
        });
    }

    /// <summary>All answers in words, with the schemas that were made for those with a type of ours.</summary>
    private static OpenApiResponses Responses(CallDocs docs, bool isHead, OpenApiResponses made)
    {
        var responses = new OpenApiResponses();
        foreach (var answer in docs.Answers)
        {
            Add(answer.Status, answer.Text, answer.Headers, answer.ContentType);
        }

        foreach (var status in docs.Problems)
        {
            Add(status, ProblemDocs.Texts[status], status is 429 or 503 ? [HeaderNames.RetryAfter] : [], ProblemType);
        }

        return responses;

        void Add(int status, string text, IReadOnlyList<string> headers, string? contentType)
        {
            var name = status.ToString(CultureInfo.InvariantCulture);
            responses[name] = new OpenApiResponse
            {
                Description = text,
                Headers = headers.ToDictionary(
                    header => header,
                    header => (IOpenApiHeader)new OpenApiHeader { Description = HeaderDocs.Texts[header], Schema = Text() }),
                Content = isHead || contentType is null
                    ? null
                    : made.GetValueOrDefault(name)?.Content ?? new Dictionary<string, OpenApiMediaType> { [contentType] = new() },
            };
        }
    }

    private static IEnumerable<IOpenApiParameter> Parameters(CallDocs docs)
    {
        if (docs.TakesKey)
        {
            yield return new OpenApiParameter
            {
                Name = "key",
                In = ParameterLocation.Path,
                Required = true,
                Description = "1 to 1,024 bytes of UTF-8, percent-encoded. A slash may be sent as it is or as %2F; a plus is a plus. The keys . and .. must be sent as they are or as %2E, which many clients do not let pass; the character NUL cannot be sent in a path.",
                Schema = new OpenApiSchema { Type = JsonSchemaType.String, MinLength = 1 },
            };
        }

        if (docs.TakesNode)
        {
            yield return new OpenApiParameter
            {
                Name = "name",
                In = ParameterLocation.Path,
                Required = true,
                Description = "The node's name, as GET /cluster lists it.",
                Schema = new OpenApiSchema { Type = JsonSchemaType.String, MinLength = 1, MaxLength = 64 },
            };
        }

        if (docs.TakesTimeToLive)
        {
            yield return new OpenApiParameter
            {
                Name = "ttl",
                In = ParameterLocation.Query,
                Description = "After so many seconds the key has no value. Without it the value stays.",
                Schema = new OpenApiSchema { Type = JsonSchemaType.Number, Minimum = "0.001", Maximum = "3153600000" },
            };
        }

        if (docs.TakesConditions)
        {
            yield return Condition(HeaderNames.IfMatch, "Only if the key has a value: of any version (*), or of one of these. Weak tags never match.");
            yield return Condition(HeaderNames.IfNoneMatch, "Only if the key has no value (*), or one of none of these versions. A write takes this or If-Match, not both.");
        }
    }

    private static OpenApiParameter Condition(string name, string text) =>
        new() { Name = name, In = ParameterLocation.Header, Description = text, Schema = Text() };

    private static OpenApiRequestBody Body(string contentType, string text) => new()
    {
        Required = true,
        Description = text,
        Content = new Dictionary<string, OpenApiMediaType> { [contentType] = new() },
    };

    private static OpenApiSchema Text() => new() { Type = JsonSchemaType.String };
}
