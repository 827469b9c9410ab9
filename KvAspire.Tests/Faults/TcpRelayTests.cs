using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace KvAspire.Tests.Faults;

public sealed class TcpRelayTests : IAsyncLifetime
{
    private readonly CancellationTokenSource _limit = new(TimeSpan.FromMinutes(1));
    private readonly TcpListener _server = new(IPAddress.Loopback, 0);
    private TcpRelay _relay = null!;
    private Task _echoing = Task.CompletedTask;

    public Task InitializeAsync()
    {
        _server.Start();
        _relay = new TcpRelay(() => (IPEndPoint)_server.LocalEndpoint);
        _echoing = EchoAsync();
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await _relay.DisposeAsync();
        _server.Stop();
        await _echoing;
        _limit.Dispose();
    }

    [Fact]
    public async Task Open_ManyBytes_ArriveInOrderBothWays()
    {
        using var client = await ConnectAsync();
        var sent = RandomNumberGenerator.GetBytes(2_000_000);

        var sending = client.SendAsync(sent, _limit.Token).AsTask();

        Assert.Equal(sent, await ReceiveAsync(client, sent.Length));
        Assert.Equal(sent.Length, await sending);
    }

    [Fact]
    public async Task Delay_Set_MakesEveryAnswerThatLate()
    {
        _relay.Delay = TimeSpan.FromMilliseconds(150);
        using var client = await ConnectAsync();
        var begun = Stopwatch.GetTimestamp();

        Assert.Equal([1, 2, 3], await RoundTripAsync(client, 1, 2, 3));

        Assert.True(Stopwatch.GetElapsedTime(begun) >= TimeSpan.FromMilliseconds(290), "It did not take both delays.");
    }

    [Fact]
    public async Task Cut_ConnectionsThereAndNew_EndUntilItIsOpenAgain()
    {
        using var before = await ConnectAsync();
        Assert.Equal([1], await RoundTripAsync(before, 1));

        _relay.Mode = RelayMode.Cut;

        await Assert.ThrowsAsync<SocketException>(() => RoundTripAsync(before, 2));
        await Assert.ThrowsAsync<SocketException>(async () =>
        {
            using var meanwhile = await ConnectAsync();
            await RoundTripAsync(meanwhile, 3);
        });
        _relay.Mode = RelayMode.Open;
        using var after = await ConnectAsync();
        Assert.Equal([4], await RoundTripAsync(after, 4));
    }

    [Fact]
    public async Task Stalled_ThenOpen_DeliversWhatWasHeldBackOnTheSameConnection()
    {
        using var client = await ConnectAsync();
        Assert.Equal([1], await RoundTripAsync(client, 1));

        _relay.Mode = RelayMode.Stalled;
        await client.SendAsync(new byte[] { 2 }, _limit.Token);
        var answer = ReceiveAsync(client, 1);
        using var newcomer = await ConnectAsync();
        var another = RoundTripAsync(newcomer, 3);
        await Task.Delay(200, _limit.Token);

        Assert.False(answer.IsCompleted, "A stalled relay has passed something on.");
        Assert.False(another.IsCompleted, "A stalled relay has passed something on.");
        _relay.Mode = RelayMode.Open;
        Assert.Equal([2], await answer);
        Assert.Equal([3], await another);
    }

    [Fact]
    public async Task Connections_ClientGoesAway_AreForgotten()
    {
        using (var client = await ConnectAsync())
        {
            Assert.Equal([1], await RoundTripAsync(client, 1));
            Assert.Equal(1, _relay.Connections);
        }

        while (_relay.Connections > 0)
        {
            await Task.Delay(10, _limit.Token);
        }
    }

    [Fact]
    public async Task Open_ServerRefuses_EndsTheConnection()
    {
        _server.Stop();

        // The end may come as early as with the connecting.
        await Assert.ThrowsAsync<SocketException>(async () =>
        {
            using var client = await ConnectAsync();
            await RoundTripAsync(client, 1);
        });
    }

    private async Task<Socket> ConnectAsync()
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, _relay.Port, _limit.Token);
        return socket;
    }

    private async Task<byte[]> RoundTripAsync(Socket socket, params byte[] bytes)
    {
        await socket.SendAsync(bytes, _limit.Token);
        return await ReceiveAsync(socket, bytes.Length);
    }

    private async Task<byte[]> ReceiveAsync(Socket socket, int length)
    {
        var bytes = new byte[length];
        for (var received = 0; received < length;)
        {
            var count = await socket.ReceiveAsync(bytes.AsMemory(received), _limit.Token);
            received += count > 0 ? count : throw new SocketException((int)SocketError.ConnectionReset);
        }

        return bytes;
    }

    private async Task EchoAsync()
    {
        try
        {
            while (true)
            {
                _ = EchoAsync(await _server.AcceptSocketAsync(_limit.Token));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // The server was stopped.
        }
    }

    private async Task EchoAsync(Socket socket)
    {
        using (socket)
        {
            var buffer = new byte[8192];
            try
            {
                int count;
                while ((count = await socket.ReceiveAsync(buffer, _limit.Token)) > 0)
                {
                    await socket.SendAsync(buffer.AsMemory(0, count), _limit.Token);
                }
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // The relay has reset it.
            }
        }
    }
}
