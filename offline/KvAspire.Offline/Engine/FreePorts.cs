using System.Net;
using System.Net.Sockets;

namespace KvAspire.Offline;

/// <summary>
/// Finds ports that are free on both loopback addresses. They lie below the range from which the system takes ports for outgoing
/// connections, so that none of those sits on a resource's port while the resource is down.
/// </summary>
internal static class FreePorts
{
    private const int First = 10_000;
    private const int Last = 32_767;

    private static readonly HashSet<int> s_given = [];

    /// <summary>A free port that this process has not given before.</summary>
    public static int Take()
    {
        for (var attempt = 0; attempt < 1_000; attempt++)
        {
#pragma warning disable CA5394 // A port is no secret.
            var port = Random.Shared.Next(First, Last + 1);
#pragma warning restore CA5394
            lock (s_given)
            {
                if (s_given.Contains(port) || !IsFree(port))
                {
                    continue;
                }

                s_given.Add(port);
                return port;
            }
        }

        throw new InvalidOperationException($"Found no free port between {First} and {Last}.");
    }

    /// <summary>Whether nobody listens on the port.</summary>
    public static bool IsFree(int port) => CanBind(IPAddress.Loopback, port) && (!Socket.OSSupportsIPv6 || CanBind(IPAddress.IPv6Loopback, port));

    private static bool CanBind(IPAddress address, int port)
    {
        using var listener = new TcpListener(address, port);
        try
        {
            listener.Start();
            return true;
        }
        catch (SocketException e)
        {
            // A machine may have the address family, and not the address.
            return e.SocketErrorCode == SocketError.AddressNotAvailable;
        }
    }
}
