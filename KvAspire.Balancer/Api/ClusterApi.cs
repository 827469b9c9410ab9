using KvAspire.Balancer.Api.Docs;
using KvAspire.Balancer.Store;

namespace KvAspire.Balancer.Api;

/// <summary>What the cluster is doing, for people and scripts.</summary>
internal static class ClusterApi
{
    private static readonly string[] Read = [HttpMethods.Get, HttpMethods.Head];

    public static void MapClusterApi(this IEndpointRouteBuilder routes)
    {
        var cluster = routes.ServiceProvider.GetRequiredService<IClusterInfo>();

        routes.MapCall("/cluster", Read, context => GetStatusAsync(context, cluster), ClusterDocs.Status);
        routes.MapCall("/cluster/keys/{**key}", Read, context => LocateAsync(context, cluster), ClusterDocs.Key);
    }

    private static Task GetStatusAsync(HttpContext context, IClusterInfo cluster) =>
        JsonAnswer.WriteAsync(context.Response, cluster.GetStatus(), ApiJson.Indented.ClusterStatus);

    private static async Task LocateAsync(HttpContext context, IClusterInfo cluster)
    {
        if (!KeyPath.TryRead(context, out var key, out var problem))
        {
            await problem.WriteAsync(context);
            return;
        }

        var placement = await cluster.LocateAsync(key, context.RequestAborted);
        await JsonAnswer.WriteAsync(context.Response, placement, ApiJson.Indented.KeyPlacement);
    }
}
