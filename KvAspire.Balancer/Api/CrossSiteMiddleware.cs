namespace KvAspire.Balancer.Api;

/// <summary>
/// Refuses what pages of other web sites have a browser send, unless it only reads: such a request comes with the reach of whoever looks at the
/// page, and no browser asks before it. Programs that are no browsers send none of the headers that this goes by.
/// </summary>
/// <remarks>Goes by <c>Sec-Fetch-Site</c> and, for browsers that do not send it, by whether <c>Origin</c> is this host.</remarks>
internal sealed class CrossSiteMiddleware(RequestDelegate next)
{
    private static readonly Problem Refused = new(
        StatusCodes.Status403Forbidden, "The request comes from a page of another web site. Send it from a program, or from a page of this host.");

    public Task InvokeAsync(HttpContext context) =>
        ReadsOnly(context.Request.Method) || !IsCrossSite(context.Request) ? next(context) : Refused.WriteAsync(context);

    private static bool ReadsOnly(string method) =>
        HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsOptions(method);

    private static bool IsCrossSite(HttpRequest request)
    {
        if (request.Headers["Sec-Fetch-Site"] is [{ Length: > 0 } site, ..])
        {
            return site is not ("same-origin" or "none");
        }

        return request.Headers.Origin is [{ Length: > 0 } origin, ..]
            && !(Uri.TryCreate(origin, UriKind.Absolute, out var uri) && uri.Authority.Equals(request.Host.Value, StringComparison.OrdinalIgnoreCase));
    }
}
