using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;

namespace KvAspire.Tests.Faults;

/// <summary>One connection through a relay. It ends as a whole: the first end of either side, or a reset, ends both.</summary>
internal sealed class RelayedConnection(TcpRelay relay, Socket client, CancellationToken ended) : IDisposable
{
    private readonly Socket _server = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly CancellationTokenSource _over = CancellationTokenSource.CreateLinkedTokenSource(ended);

    /// <summary>Ends both sides at once, as a firewall does that answers with RST.</summary>
    public void Reset()
    {
        _over.Cancel();
        client.Close(timeout: 0);
        _server.Close(timeout: 0);
    }

    /// <summary>Passes bytes on until one side ends.</summary>
    public async Task RunAsync(IPEndPoint target)
    {
        client.NoDelay = true;
        try
        {
            await relay.MayPass().WaitAsync(_over.Token);
            await _server.ConnectAsync(target, _over.Token);
            await Task.WhenAny(PassAsync(client, _server), PassAsync(_server, client));
        }
        catch (Exception e) when (IsEnd(e))
        {
            // The server refused, or the relay has cut it: the client learns by the end of its connection.
        }

        Reset();
    }

    public void Dispose()
    {
        client.Dispose();
        _server.Dispose();
    }

    private static bool IsEnd(Exception e) => e is OperationCanceledException or SocketException or ObjectDisposedException;

    private async Task PassAsync(Socket from, Socket to)
    {
        // Bounded, so that a fast sender meets the back pressure that it would meet without the relay.
        var late = Channel.CreateBounded<(byte[] Bytes, long Due)>(64);
        var receiving = ReceiveAsync(from, late.Writer);
        try
        {
            await foreach (var (bytes, due) in late.Reader.ReadAllAsync(_over.Token))
            {
                var wait = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), due);
                if (wait > TimeSpan.Zero)
                {
                    await Task.Delay(wait, _over.Token);
                }

                await relay.MayPass().WaitAsync(_over.Token);
                await SendAllAsync(to, bytes);
            }
        }
        catch (Exception e) when (IsEnd(e))
        {
            // One side is gone: the whole connection ends.
        }

        late.Writer.TryComplete();
        await _over.CancelAsync();
        await receiving;
    }

    private async Task ReceiveAsync(Socket from, ChannelWriter<(byte[] Bytes, long Due)> late)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            int count;
            while ((count = await from.ReceiveAsync(buffer, _over.Token)) > 0)
            {
                await late.WriteAsync((buffer[..count], Stopwatch.GetTimestamp() + (long)(relay.Delay.TotalSeconds * Stopwatch.Frequency)), _over.Token);
            }
        }
        catch (Exception e) when (IsEnd(e) || e is ChannelClosedException)
        {
            // As above.
        }

        late.TryComplete();
    }

    private async Task SendAllAsync(Socket to, ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[await to.SendAsync(bytes, _over.Token)..];
        }
    }
}
