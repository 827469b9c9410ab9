using KvAspire.Balancer.Store;
using Microsoft.AspNetCore.Connections;

namespace KvAspire.Balancer.Api;

/// <summary>
/// Gives every error an answer that says what to do, and none that shows the insides. Statuses without a body, such as
/// those of routing, get one here.
/// </summary>
internal sealed partial class ErrorMiddleware(RequestDelegate next, ILogger<ErrorMiddleware> logger)
{
    public async Task InvokeAsync(HttpContext context)
    {
        Problem? problem;
        try
        {
            await next(context);
            if (context.Response.StatusCode < 400)
            {
                return;
            }

            problem = ErrorProblems.ForStatus(context.Response);
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client has gone: there is nobody to tell, and nothing wrong here.
            return;
        }
        catch (ConnectionResetException)
        {
            return;
        }
        catch (StoreUnavailableException e)
        {
            problem = ErrorProblems.ForUnavailable(e, context.Request.Method);
        }
        catch (BadHttpRequestException e)
        {
            problem = ErrorProblems.ForBadRequest(e);
        }
        catch (OperationCanceledException)
        {
            // The client is still there, so it is this process that stops.
            problem = ErrorProblems.Stopping(context.Request.Method);
        }
        catch (Exception e)
        {
            LogUnexpected(e, context.Request.Method);
            problem = ErrorProblems.Unexpected;
        }

        if (!context.Response.HasStarted)
        {
            if (problem is not null)
            {
                await AnswerAsync(context, problem);
            }
        }
        else if (problem is not null)
        {
            // Half an answer must not look like a whole one.
            context.Abort();
        }
    }

    private static async Task AnswerAsync(HttpContext context, Problem problem)
    {
        var allow = context.Response.Headers.Allow;
        context.Response.Clear();
        if (problem.Status == StatusCodes.Status405MethodNotAllowed)
        {
            context.Response.Headers.Allow = allow;
        }

        await problem.WriteAsync(context);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "A {Method} request failed in a way that was not foreseen")]
    private partial void LogUnexpected(Exception exception, string method);
}
