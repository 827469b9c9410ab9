using System.Reflection;
using Aspire.Hosting;

namespace KvAspire.Offline;

/// <summary>
/// One run of an AppHost's entry point on behalf of a test. The entry point runs on a thread of its own; a value that flows with
/// that thread leads the builder, wherever it is created, back to this run. So several can go on in one process.
/// </summary>
internal sealed class TestRun(Assembly appHost)
{
    private static readonly AsyncLocal<TestRun?> s_current = new();

    private readonly TaskCompletionSource<DistributedApplicationBuilder> _building = New<DistributedApplicationBuilder>();
    private readonly TaskCompletionSource<DistributedApplication> _built = New<DistributedApplication>();
    private readonly TaskCompletionSource _mayBuild = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _abandoned;

    public static TestRun? Current => s_current.Value;

    public Assembly AppHost => appHost;

    public Task<DistributedApplicationBuilder> Building => _building.Task;

    public Task<DistributedApplication> Built => _built.Task;

    /// <summary>The test's arguments, for an entry point that does not pass on its own.</summary>
    public string[] ExtraArgs(string[]? passedOn) => passedOn is null ? Args : [];

    private string[] Args { get; set; } = [];

    /// <summary>Runs the entry point until it builds the application, or fails.</summary>
    public void Start(string[] args)
    {
        Args = args;
        var entryPoint = appHost.EntryPoint
            ?? throw new InvalidOperationException($"{appHost.GetName().Name} has no entry point.");
        var thread = new Thread(() => Invoke(entryPoint)) { IsBackground = true, Name = $"{appHost.GetName().Name} entry point" };
        thread.Start();
    }

    /// <summary>Lets the entry point go on with the build.</summary>
    public void AllowBuild() => _mayBuild.TrySetResult();

    /// <summary>Ends an entry point whose application nobody wants any more.</summary>
    public void Abandon()
    {
        _abandoned = true;
        _mayBuild.TrySetResult();
    }

    public void OnBuilding(DistributedApplicationBuilder builder)
    {
        _building.TrySetResult(builder);
        _mayBuild.Task.GetAwaiter().GetResult();
        if (_abandoned)
        {
            throw new OperationCanceledException("The test gave the application up before it was built.");
        }
    }

    public void OnBuilt(DistributedApplication app) => _built.TrySetResult(app);

    private static TaskCompletionSource<T> New<T>() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Invoke(MethodInfo entryPoint)
    {
        s_current.Value = this;
        try
        {
            entryPoint.Invoke(null, entryPoint.GetParameters().Length == 0 ? [] : [Args]);
            Fail(new InvalidOperationException("The entry point exited without building a DistributedApplication."));
        }
        catch (TargetInvocationException e)
        {
            Fail(e.InnerException ?? e);
        }
    }

    private void Fail(Exception exception)
    {
        _building.TrySetException(exception);
        _built.TrySetException(exception);
    }
}
