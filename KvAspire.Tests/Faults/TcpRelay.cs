using System.Net;
using System.Net.Sockets;

namespace KvAspire.Tests.Faults;

/// <summary>What a relay does with its connections.</summary>
internal enum RelayMode
{
    /// <summary>Passes everything on.</summary>
    Open,

    /// <summary>Resets the connections that are there, and those that come.</summary>
    Cut,

    /// <summary>Keeps the connections, takes new ones, and passes nothing on until it is open again.</summary>
    Stalled,
}

/// <summary>
/// Stands between a client and a server and does to their TCP connections what a network can: delay, stall, end. Bytes of a connection
/// are neither lost nor repeated nor reordered, since TCP does not do that either.
/// </summary>
internal sealed class TcpRelay : IAsyncDisposable
{
    private readonly Func<IPEndPoint> _target;
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _ended = new();
    private readonly Lock _lock = new();
    private readonly HashSet<RelayedConnection> _connections = [];
    private readonly Task _accepting;
    private TaskCompletionSource _open = Opened();
    private RelayMode _mode;

    /// <param name="target">Where the connections lead; asked for each.</param>
    public TcpRelay(Func<IPEndPoint> target)
    {
        _target = target;
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _accepting = AcceptAsync();
    }

    /// <summary>Where the relay listens, on loopback.</summary>
    public int Port { get; }

    /// <summary>How late all that is sent from now on arrives, each way.</summary>
    public TimeSpan Delay { get; set; }

    public RelayMode Mode
    {
        get => _mode;
        set
        {
            List<RelayedConnection> cut = [];
            lock (_lock)
            {
                _mode = value;
                if (value == RelayMode.Stalled)
                {
                    if (_open.Task.IsCompleted)
                    {
                        _open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                    }
                }
                else
                {
                    _open.TrySetResult();
                }

                if (value == RelayMode.Cut)
                {
                    cut.AddRange(_connections);
                }
            }

            cut.ForEach(c => c.Reset());
        }
    }

    /// <summary>Connections that are being relayed.</summary>
    public int Connections
    {
        get
        {
            lock (_lock)
            {
                return _connections.Count;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        Mode = RelayMode.Cut;
        await _ended.CancelAsync();
        _listener.Stop();
        await _accepting;
        _ended.Dispose();
    }

    /// <summary>Ends when bytes may go on.</summary>
    internal Task MayPass()
    {
        lock (_lock)
        {
            return _open.Task;
        }
    }

    private static TaskCompletionSource Opened()
    {
        var opened = new TaskCompletionSource();
        opened.SetResult();
        return opened;
    }

    private async Task AcceptAsync()
    {
        while (!_ended.IsCancellationRequested)
        {
            try
            {
                _ = RelayAsync(await _listener.AcceptSocketAsync(_ended.Token));
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException)
            {
                // The end, or a client that has gone already.
            }
        }
    }

    private async Task RelayAsync(Socket client)
    {
        using var connection = new RelayedConnection(this, client, _ended.Token);
        lock (_lock)
        {
            if (_mode == RelayMode.Cut)
            {
                connection.Reset();
                return;
            }

            _connections.Add(connection);
        }

        try
        {
            await connection.RunAsync(_target());
        }
        finally
        {
            lock (_lock)
            {
                _connections.Remove(connection);
            }
        }
    }
}
