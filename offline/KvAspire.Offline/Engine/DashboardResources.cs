using Aspire.Hosting.ApplicationModel;
using Grpc.Core;
using KvAspire.Offline.Wire;

namespace KvAspire.Offline;

/// <summary>Answers the dashboard: which resources there are, what they write, and its commands.</summary>
internal sealed class DashboardResources(
    EngineOptions options, ResourceNotificationService notifications, ResourceCommandService commands, ResourceOutput output)
    : DashboardService.DashboardServiceBase
{
    public override Task<ApplicationInformationResponse> GetApplicationInformation(ApplicationInformationRequest request, ServerCallContext context) =>
        Task.FromResult(new ApplicationInformationResponse { ApplicationName = options.AppHostName });

    public override async Task WatchResources(
        WatchResourcesRequest request, IServerStreamWriter<WatchResourcesUpdate> responseStream, ServerCallContext context)
    {
        var initial = new InitialResourceData { Resources = { notifications.CurrentStates().Select(DashboardMessages.From) } };
        await responseStream.WriteAsync(new WatchResourcesUpdate { InitialData = initial }, context.CancellationToken).ConfigureAwait(false);
        await foreach (var change in notifications.WatchAsync(context.CancellationToken).ConfigureAwait(false))
        {
            var update = new WatchResourcesChanges { Value = { new WatchResourcesChange { Upsert = DashboardMessages.From(change) } } };
            await responseStream.WriteAsync(new WatchResourcesUpdate { Changes = update }, context.CancellationToken).ConfigureAwait(false);
        }
    }

    public override async Task WatchResourceConsoleLogs(
        WatchResourceConsoleLogsRequest request,
        IServerStreamWriter<WatchResourceConsoleLogsUpdate> responseStream,
        ServerCallContext context)
    {
        if (!notifications.TryGetCurrentState(request.ResourceName, out var state))
        {
            throw new RpcException(new Status(StatusCode.NotFound, $"There is no resource '{request.ResourceName}'."));
        }

        await foreach (var line in output.WatchAsync(state.Resource.Name, !request.SuppressFollow, context.CancellationToken).ConfigureAwait(false))
        {
            var update = new WatchResourceConsoleLogsUpdate { LogLines = { new ConsoleLogLine { LineNumber = line.Number, Text = line.Text } } };
            await responseStream.WriteAsync(update, context.CancellationToken).ConfigureAwait(false);
        }
    }

    public override async Task<ResourceCommandResponse> ExecuteResourceCommand(ResourceCommandRequest request, ServerCallContext context)
    {
        var result = await commands.ExecuteCommandAsync(request.ResourceName, request.CommandName, context.CancellationToken).ConfigureAwait(false);
        var response = new ResourceCommandResponse { Kind = result.Success ? 1 : result.Canceled ? 3 : 2 };
        if (result.Message is not null)
        {
            response.Message = result.Message;
        }

        return response;
    }

    /// <summary>Nothing here ever asks a person. The stream stays open all the same: a dashboard without it now and then shows no resources.</summary>
    public override async Task WatchInteractions(
        IAsyncStreamReader<InteractionRequest> requestStream, IServerStreamWriter<InteractionResponse> responseStream, ServerCallContext context)
    {
        await context.WriteResponseHeadersAsync([]).ConfigureAwait(false);
        while (await requestStream.MoveNext(context.CancellationToken).ConfigureAwait(false))
        {
            // There was no question that this could answer.
        }
    }
}
