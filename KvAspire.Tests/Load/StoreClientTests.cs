using System.Net;
using System.Net.Sockets;
using System.Text;
using KvAspire.Load.Client;

namespace KvAspire.Tests.Load;

public sealed class StoreClientTests
{
    [Theory]
    [InlineData("GET")]
    [InlineData("DELETE")]
    [InlineData("POST")]
    public async Task Send_KeptConnectionEndsWithoutAnAnswer_IsBrokenAndSentOnce(string method)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var over = new CancellationTokenSource();
        var requests = 0;
        var serving = ServeAsync();
        using var client = new StoreClient(new Uri($"http://{listener.LocalEndpoint}"), 1);
        using var deadline = new Deadline(TimeSpan.FromSeconds(30), CancellationToken.None);
        var buffer = new ReceiveBuffer();

        var first = await SendAsync();
        var second = await SendAsync();

        Assert.Equal(200, first.Status);
        Assert.Equal(AnswerKind.Broken, second.Kind);
        Assert.Equal(2, requests);
        await over.CancelAsync();
        await serving;

        Task<StoreAnswer> SendAsync() => method switch
        {
            "GET" => client.GetAsync("key", buffer, deadline),
            "DELETE" => client.DeleteAsync("key", buffer, deadline),
            _ => client.SetAsync("key", "{}"u8.ToArray(), buffer, deadline),
        };

        // Answers the first request of all; after that, ends each connection when it has read a request.
        async Task ServeAsync()
        {
            try
            {
                while (true)
                {
                    using var connection = await listener.AcceptTcpClientAsync(over.Token);
                    await using var stream = connection.GetStream();
                    while (await ReadRequestAsync(stream) && ++requests == 1)
                    {
                        await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"u8.ToArray());
                    }
                }
            }
            catch (OperationCanceledException)
            {
                // The test is over.
            }
        }
    }

    private static async Task<bool> ReadRequestAsync(NetworkStream stream)
    {
        using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
        var length = 0;
        string? line;
        while ((line = await reader.ReadLineAsync()) is { Length: > 0 })
        {
            length = line.StartsWith("Content-Length: ", StringComparison.OrdinalIgnoreCase) ? int.Parse(line[16..], System.Globalization.CultureInfo.InvariantCulture) : length;
        }

        return line is not null && (length == 0 || await reader.ReadBlockAsync(new char[length]) == length);
    }
}
