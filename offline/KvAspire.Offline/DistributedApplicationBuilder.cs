using System.Reflection;
using Aspire.Hosting.ApplicationModel;
using KvAspire.Offline;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting;

/// <summary>The one builder that there is. Under a test it waits in <see cref="Build"/> until the test says so.</summary>
internal sealed class DistributedApplicationBuilder : IDistributedApplicationBuilder
{
    private readonly HostApplicationBuilder _inner;
    private readonly ResourceCollection _resources = [];
    private readonly TestRun? _test;

    public DistributedApplicationBuilder(DistributedApplicationOptions options)
    {
        _test = TestRun.Current;
        var appHost = _test?.AppHost ?? Assembly.GetEntryAssembly();
        AppHostDirectory = Metadata(appHost, "apphostprojectpath") ?? Directory.GetCurrentDirectory();
        var settings = new HostApplicationBuilderSettings
        {
            Args = [.. options.Args ?? [], .. _test?.ExtraArgs(options.Args) ?? []],
            ApplicationName = appHost?.GetName().Name,
            ContentRootPath = AppHostDirectory,
        };
        if (_test is not null)
        {
            settings.Configuration = new ConfigurationManager();
            settings.Configuration.AddInMemoryCollection(LaunchProfile.Read(AppHostDirectory));
        }

        _inner = new HostApplicationBuilder(settings);
        var engineOptions = new EngineOptions(
            IsTest: _test is not null,
            RandomizePorts: Configuration.GetValue("DcpPublisher:RandomizePorts", _test is not null),
            Dashboard: _test is null && !options.DisableDashboard,
            Reason: Metadata(appHost, "offlinereason") ?? "the build asked for it",
            Artifacts: Metadata(appHost, "offlineartifacts") ?? Path.Combine(AppHostDirectory, "artifacts"),
            AppHostName: appHost?.GetName().Name ?? "AppHost");
        if (_test is null)
        {
            _inner.Logging.AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Warning);
        }

        _inner.Services.AddHttpClient();
        _inner.Services.AddSingleton(engineOptions);
        _inner.Services.AddSingleton(new DistributedApplicationModel(_resources));
        _inner.Services.AddSingleton<ResourceNotificationService>();
        _inner.Services.AddSingleton(sp => new ResourceCommandService(
            sp.GetRequiredService<ResourceNotificationService>(), sp.GetRequiredService<ILoggerFactory>(), sp));
        _inner.Services.AddSingleton<ResourceOutput>();
        _inner.Services.AddSingleton<DashboardResourceHost>();
        _inner.Services.AddSingleton<Dashboard>();
        _inner.Services.AddSingleton<Orchestrator>();
        _inner.Services.AddHostedService(sp => sp.GetRequiredService<Orchestrator>());
    }

    public ConfigurationManager Configuration => _inner.Configuration;

    public string AppHostDirectory { get; }

    public IHostEnvironment Environment => _inner.Environment;

    public IServiceCollection Services => _inner.Services;

    public IResourceCollection Resources => _resources;

    public IResourceBuilder<T> AddResource<T>(T resource)
        where T : IResource
    {
        if (_resources.TryGetByName(resource.Name, out _))
        {
            throw new DistributedApplicationException($"Cannot add the resource '{resource.Name}': there is one of that name already.");
        }

        _resources.Add(resource);
        LifecycleCommands.AddTo(resource);
        return CreateResourceBuilder(resource);
    }

    public IResourceBuilder<T> CreateResourceBuilder<T>(T resource)
        where T : IResource => new ResourceBuilder<T>(this, resource);

    public DistributedApplication Build()
    {
        _test?.OnBuilding(this);
        var app = new DistributedApplication(_inner.Build(), isTest: _test is not null);
        _test?.OnBuilt(app);
        return app;
    }

    private static string? Metadata(Assembly? assembly, string key) => assembly?.GetCustomAttributes<AssemblyMetadataAttribute>()
        .FirstOrDefault(m => string.Equals(m.Key, key, StringComparison.OrdinalIgnoreCase))?.Value;
}
