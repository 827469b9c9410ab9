using System.Text.Json.Serialization;
using Microsoft.OpenApi;

namespace KvAspire.Balancer.Api.Docs;

/// <summary>The OpenAPI document at <c>/openapi/v1.json</c>.</summary>
internal static class ApiDocument
{
    private static readonly string[] Tags = [ValueDocs.Resource, ValueDocs.Original, ClusterDocs.Cluster];

    public static IServiceCollection AddApiDocument(this IServiceCollection services)
    {
        // Schemas are made from these options: numbers are numbers, and never strings.
        services.ConfigureHttpJsonOptions(options => options.SerializerOptions.NumberHandling = JsonNumberHandling.Strict);
        return services.AddOpenApi(options => options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new OpenApiInfo
            {
                Title = "KvAspire",
                Version = "1",
                Description = "A replicated key-value store. A read always returns the last acknowledged value of its key. "
                    + "Errors are problem details (RFC 9457) whose detail says what to do.",
            };
            document.Tags = Tags.Select(name => new OpenApiTag { Name = name }).ToHashSet();
            return Task.CompletedTask;
        }));
    }
}
