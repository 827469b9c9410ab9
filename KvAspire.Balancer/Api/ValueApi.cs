using KvAspire.Balancer.Api.Docs;
using KvAspire.Balancer.Store;
using Microsoft.Extensions.Options;

namespace KvAspire.Balancer.Api;

/// <summary>The calls on single keys. They bind nothing by reflection: this is the hot path.</summary>
internal static class ValueApi
{
    private static readonly string[] Read = [HttpMethods.Get, HttpMethods.Head];

    public static void MapValueApi(this IEndpointRouteBuilder routes)
    {
        var store = routes.ServiceProvider.GetRequiredService<IKeyValueStore>();
        var options = routes.ServiceProvider.GetRequiredService<IOptions<ApiOptions>>().Value;
        var reads = new ReadCalls(store);
        var writes = new WriteCalls(store, options.MaxValueBytes);

        routes.MapCall("/get/{**key}", Read, reads.GetAsync, ValueDocs.Get(original: true));
        routes.MapCall("/set/{**key}", [HttpMethods.Post], writes.SetAsync, ValueDocs.Set);
        routes.MapCall("/delete/{**key}", [HttpMethods.Delete], writes.DeleteAsync, ValueDocs.Delete(original: true));

        routes.MapCall("/kv/{**key}", Read, reads.GetAsync, ValueDocs.Get(original: false));
        routes.MapCall("/kv/{**key}", [HttpMethods.Put], writes.PutAsync, ValueDocs.Put);
        routes.MapCall("/kv/{**key}", [HttpMethods.Delete], writes.DeleteAsync, ValueDocs.Delete(original: false));
    }
}
