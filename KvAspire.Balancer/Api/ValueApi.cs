using KvAspire.Balancer.Store;
using Microsoft.Extensions.Options;

namespace KvAspire.Balancer.Api;

/// <summary>The calls on single keys. They bind nothing by reflection: this is the hot path.</summary>
internal static class ValueApi
{
    public static void MapValueApi(this IEndpointRouteBuilder routes)
    {
        var store = routes.ServiceProvider.GetRequiredService<IKeyValueStore>();
        var options = routes.ServiceProvider.GetRequiredService<IOptions<ApiOptions>>().Value;
        var reads = new ReadCalls(store);
        var writes = new WriteCalls(store, options.MaxValueBytes);

        routes.MapMethods("/get/{**key}", [HttpMethods.Get, HttpMethods.Head], reads.GetAsync);
        routes.MapMethods("/set/{**key}", [HttpMethods.Post], writes.SetAsync);
        routes.MapMethods("/delete/{**key}", [HttpMethods.Delete], writes.DeleteAsync);

        routes.MapMethods("/kv/{**key}", [HttpMethods.Get, HttpMethods.Head], reads.GetAsync);
        routes.MapMethods("/kv/{**key}", [HttpMethods.Put], writes.PutAsync);
        routes.MapMethods("/kv/{**key}", [HttpMethods.Delete], writes.DeleteAsync);
    }
}
