namespace KvAspire.Load.Client;

/// <summary>The time limit of one worker's requests, one after another, without a new timer for each.</summary>
/// <param name="limit">For one request.</param>
/// <param name="run">Ends the whole run.</param>
internal sealed class Deadline(TimeSpan limit, CancellationToken run) : IDisposable
{
    private CancellationTokenSource _source = CancellationTokenSource.CreateLinkedTokenSource(run);

    /// <summary>The request ended because the run does, not because its time was over.</summary>
    public bool IsRunCancelled => run.IsCancellationRequested;

    /// <summary>Begins a request's time.</summary>
    public CancellationToken Start()
    {
        if (_source.IsCancellationRequested)
        {
            _source.Dispose();
            _source = CancellationTokenSource.CreateLinkedTokenSource(run);
        }

        _source.CancelAfter(limit);
        return _source.Token;
    }

    public void Dispose() => _source.Dispose();
}
