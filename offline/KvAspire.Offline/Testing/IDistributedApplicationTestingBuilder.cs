namespace Aspire.Hosting.Testing;

/// <summary>An AppHost's declaration, just before it is built: a test may still change it.</summary>
public interface IDistributedApplicationTestingBuilder : IDistributedApplicationBuilder, IAsyncDisposable, IDisposable
{
    /// <summary>Ends the declaration.</summary>
    Task<DistributedApplication> BuildAsync(CancellationToken cancellationToken = default);
}
