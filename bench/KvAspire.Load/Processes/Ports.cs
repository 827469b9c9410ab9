using System.Net;
using System.Net.Sockets;

namespace KvAspire.Load.Processes;

/// <summary>Loopback ports for the processes that the driver starts.</summary>
internal static class Ports
{
    /// <summary>Refuses a port that something listens on.</summary>
    /// <param name="port">The port.</param>
    /// <param name="purpose">Who would listen there, for the message.</param>
    /// <param name="option">The option that chooses it, for the message.</param>
    /// <exception cref="LoadException">It is in use.</exception>
    public static void MustBeFree(int port, string purpose, string option)
    {
        if (!IsFree(port))
        {
            throw new LoadException($"Port {port}, which {purpose} needs, is in use: stop what listens there, or choose another {option}.");
        }
    }

    /// <summary>The first free port from one on, leaving some out.</summary>
    /// <exception cref="LoadException">There is none among the next hundred.</exception>
    public static int FirstFree(int from, IReadOnlySet<int> taken, string purpose, string option)
    {
        for (var port = from; port < Math.Min(from + 100, IPEndPoint.MaxPort + 1); port++)
        {
            if (!taken.Contains(port) && IsFree(port))
            {
                return port;
            }
        }

        throw new LoadException($"No port from {from} to {from + 99} is free for {purpose}: choose one with {option}.");
    }

    private static bool IsFree(int port)
    {
        using var listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
