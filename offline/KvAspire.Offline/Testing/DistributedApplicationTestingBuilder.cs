using Aspire.Hosting.ApplicationModel;
using KvAspire.Offline;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.Testing;

/// <summary>Runs an AppHost inside a test.</summary>
public static class DistributedApplicationTestingBuilder
{
    /// <summary>Runs the entry point of an AppHost up to the point where it builds its application.</summary>
    /// <typeparam name="TEntryPoint">A type in the AppHost's assembly.</typeparam>
    /// <exception cref="InvalidOperationException">The entry point returned without building anything.</exception>
    public static Task<IDistributedApplicationTestingBuilder> CreateAsync<TEntryPoint>(CancellationToken cancellationToken = default)
        where TEntryPoint : class => CreateAsync<TEntryPoint>([], cancellationToken);

    /// <inheritdoc cref="CreateAsync{TEntryPoint}(CancellationToken)"/>
    /// <param name="args">The command line; no argument may be empty.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static async Task<IDistributedApplicationTestingBuilder> CreateAsync<TEntryPoint>(
        string[] args, CancellationToken cancellationToken = default)
        where TEntryPoint : class
    {
        if (args.Any(string.IsNullOrEmpty))
        {
            throw new ArgumentException("No argument may be empty.", nameof(args));
        }

        var run = new TestRun(typeof(TEntryPoint).Assembly);
        run.Start(args);
        return new TestingBuilder(run, await run.Building.WaitAsync(cancellationToken).ConfigureAwait(false));
    }

    private sealed class TestingBuilder(TestRun run, DistributedApplicationBuilder inner) : IDistributedApplicationTestingBuilder
    {
        public ConfigurationManager Configuration => inner.Configuration;

        public string AppHostDirectory => inner.AppHostDirectory;

        public IHostEnvironment Environment => inner.Environment;

        public IServiceCollection Services => inner.Services;

        public IResourceCollection Resources => inner.Resources;

        public IResourceBuilder<T> AddResource<T>(T resource)
            where T : IResource => inner.AddResource(resource);

        public IResourceBuilder<T> CreateResourceBuilder<T>(T resource)
            where T : IResource => inner.CreateResourceBuilder(resource);

        public DistributedApplication Build() => BuildAsync().GetAwaiter().GetResult();

        public Task<DistributedApplication> BuildAsync(CancellationToken cancellationToken = default)
        {
            run.AllowBuild();
            return run.Built.WaitAsync(cancellationToken);
        }

        public async ValueTask DisposeAsync()
        {
            run.Abandon();
            if (run.Built.IsCompletedSuccessfully)
            {
                await (await run.Built.ConfigureAwait(false)).DisposeAsync().ConfigureAwait(false);
            }
        }

        public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();
    }
}
