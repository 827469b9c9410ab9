using Microsoft.AspNetCore.Http.Features;

namespace KvAspire.Balancer.Api;

/// <summary>
/// Routes by the path as it was sent. The server has resolved <c>.</c> and <c>..</c> (encoded ones too) by now, so that
/// <c>/kv/%2E%2E</c> has become <c>/</c>: here it is led back to the call that was meant.
/// </summary>
internal sealed class KeyPathMiddleware(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context)
    {
        var rawTarget = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (KeyPath.FindPrefix(rawTarget) is { } prefix
            && context.Request.Path.Value?.StartsWith(prefix, StringComparison.OrdinalIgnoreCase) is not true)
        {
            context.Request.Path = prefix;
        }

        return next(context);
    }
}
