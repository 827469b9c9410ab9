using System.Collections.Immutable;
using System.Globalization;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Configuration;

namespace KvAspire.Offline;

/// <summary>
/// Runs the real Aspire dashboard, if the CLI that contains it can be had. Nothing waits for it: its addresses are fixed at the
/// start, so that the resources know where to send their telemetry before anybody listens there.
/// </summary>
internal sealed class Dashboard(
    EngineOptions options, IConfiguration configuration, ResourceOutput output, DashboardResourceHost resources) : IDisposable
{
    private const string Name = "dashboard";

    private readonly DashboardCli _cli = new(options.Artifacts);
    private readonly CancellationTokenSource _stopping = new();
    private Uri? _frontend;
    private Uri? _otlp;
    private Uri? _resourceService;
    private ChildProcess? _process;
    private Task _running = Task.CompletedTask;

    /// <summary>Chooses the addresses, and starts the dashboard or the fetch of it.</summary>
    public void Start()
    {
        if (!options.Dashboard)
        {
            return;
        }

        if (!_cli.IsHere && !DashboardCli.CanBeFetched)
        {
            output.Write(Name, "There is no dashboard, since there is no npm to fetch it with. Everything else works.");
            return;
        }

        _frontend = Address(configuration["ASPNETCORE_URLS"] ?? configuration["URLS"], 15080);
        _otlp = Address(configuration["ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL"], 15081);
        _resourceService = Address(configuration["ASPIRE_RESOURCE_SERVICE_ENDPOINT_URL"], 15082);
        _running = RunAsync(_frontend, _otlp, _resourceService);
    }

    /// <summary>The variables that tell a resource where to send its telemetry; the same as the real Aspire's.</summary>
    public IReadOnlyDictionary<string, string> EnvironmentFor(IResource resource, string id) => _otlp is null
        ? ImmutableDictionary<string, string>.Empty
        : new Dictionary<string, string>
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = _otlp.ToString(),
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "grpc",
            ["OTEL_SERVICE_NAME"] = resource.Name,
            ["OTEL_RESOURCE_ATTRIBUTES"] = $"service.instance.id={id[(resource.Name.Length + 1)..]}",
            ["OTEL_BSP_SCHEDULE_DELAY"] = "1000",
            ["OTEL_BLRP_SCHEDULE_DELAY"] = "1000",
            ["OTEL_METRIC_EXPORT_INTERVAL"] = "1000",
            ["OTEL_TRACES_SAMPLER"] = "always_on",
            ["OTEL_METRICS_EXEMPLAR_FILTER"] = "trace_based",
        };

    /// <summary>Ends the dashboard, or the fetch of it.</summary>
    public async Task StopAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        if (_process is { } process)
        {
            await process.StopAsync(TimeSpan.FromSeconds(3)).ConfigureAwait(false);
        }

        await _running.ConfigureAwait(false);
        await resources.DisposeAsync().ConfigureAwait(false);
    }

    public void Dispose() => _stopping.Dispose();

    private async Task RunAsync(Uri frontend, Uri otlp, Uri resourceService)
    {
        try
        {
            if (!_cli.IsHere)
            {
                output.Write(Name, $"Fetching the Aspire dashboard (Aspire CLI {DashboardCli.Version}, about 120 MB, once); it starts when it is here.");
            }

            var executable = await _cli.GetAsync(npm => _process = npm).ConfigureAwait(false);
            if (_stopping.IsCancellationRequested)
            {
                return;
            }

            await resources.StartAsync(resourceService.Port).ConfigureAwait(false);
            _process = Launch(executable, frontend, otlp, resourceService);
            await WaitUntilUpAsync(frontend, _process).ConfigureAwait(false);
            var exitCode = await _process.Exited.ConfigureAwait(false);
            if (!_stopping.IsCancellationRequested)
            {
                output.Write(Name, $"The dashboard has ended with exit code {exitCode.ToString(CultureInfo.InvariantCulture)}. Everything else goes on.");
            }
        }
        catch (Exception e) when (e is InvalidOperationException or IOException or UnauthorizedAccessException or System.ComponentModel.Win32Exception)
        {
            if (!_stopping.IsCancellationRequested)
            {
                output.Write(Name, $"There is no dashboard, since it could not be had ({e.Message}). Everything else works.");
            }
        }
    }

    private ChildProcess Launch(string executable, Uri frontend, Uri otlp, Uri resourceService)
    {
        var environment = ResourceEnvironment.Complete(new Dictionary<string, string>
        {
            ["ASPIRE_HOME"] = _cli.Home,
            ["ASPIRE_CLI_TELEMETRY_OPTOUT"] = "true",
            ["DASHBOARD__RESOURCESERVICECLIENT__URL"] = resourceService.ToString(),
            ["DASHBOARD__RESOURCESERVICECLIENT__AUTHMODE"] = "Unsecured",
        });
        string[] arguments =
        [
            "dashboard", "run",
            "--frontend-url", frontend.ToString(),
            "--otlp-grpc-url", otlp.ToString(),
            "--otlp-http-url", $"http://localhost:{FreePorts.Take().ToString(CultureInfo.InvariantCulture)}",
            "--allow-anonymous", "--nologo", "--non-interactive",
        ];
        // What it writes is for a terminal of its own; the one line that matters is ours.
        return ChildProcess.Start(executable, arguments, options.Artifacts, environment, _ => { });
    }

    private async Task WaitUntilUpAsync(Uri frontend, ChildProcess process)
    {
        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false });
        while (!process.Exited.IsCompleted && !_stopping.IsCancellationRequested)
        {
            try
            {
                using var answer = await http.GetAsync(frontend, _stopping.Token).ConfigureAwait(false);
                output.Write(Name, $"The dashboard is at {frontend}");
                return;
            }
            catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(300), _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>The address that was configured, if it is free; else one that is.</summary>
    private static Uri Address(string? configured, int unlessConfigured)
    {
        var first = configured?.Split(';')[0];
        var wanted = Uri.TryCreate(first, UriKind.Absolute, out var url) && url.Scheme == Uri.UriSchemeHttp ? url.Port : unlessConfigured;
        var port = FreePorts.IsFree(wanted) ? wanted : FreePorts.Take();
        return new Uri($"http://localhost:{port.ToString(CultureInfo.InvariantCulture)}");
    }
}
