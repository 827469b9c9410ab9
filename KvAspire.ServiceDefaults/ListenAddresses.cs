using System.Globalization;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace KvAspire.ServiceDefaults;

/// <summary>Where a service is told to listen.</summary>
public static class ListenAddresses
{
    /// <summary>
    /// The addresses of <c>urls</c>. Where it is not set, the ports of <c>http_ports</c> and <c>https_ports</c> on all interfaces, as ASP.NET
    /// Core has it; empty if those are not set, either.
    /// </summary>
    /// <exception cref="OptionsValidationException">One sentence for each that is no address.</exception>
    public static IReadOnlyList<BindingAddress> Read(IConfiguration configuration)
    {
        var faults = new List<string>();
        var addresses = new List<BindingAddress>();
        foreach (var url in Words(configuration, WebHostDefaults.ServerUrlsKey))
        {
            if (TryParse(url) is { } address)
            {
                addresses.Add(address);
            }
            else
            {
                faults.Add($"{WebHostDefaults.ServerUrlsKey} has '{url}', which is no address to listen at: write http://host:port and no path, such as http://localhost:5000.");
            }
        }

        if (addresses.Count + faults.Count == 0)
        {
            AddPorts(WebHostDefaults.HttpPortsKey, Uri.UriSchemeHttp);
            AddPorts(WebHostDefaults.HttpsPortsKey, Uri.UriSchemeHttps);
        }

        return faults.Count == 0 ? addresses : throw new OptionsValidationException(WebHostDefaults.ServerUrlsKey, typeof(BindingAddress), faults);

        void AddPorts(string key, string scheme)
        {
            foreach (var port in Words(configuration, key))
            {
                if (int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out _) && TryParse($"{scheme}://*:{port}") is { } address)
                {
                    addresses.Add(address);
                }
                else
                {
                    faults.Add($"{key} has '{port}', which is no port: write a number from 0 to 65535.");
                }
            }
        }
    }

    private static string[] Words(IConfiguration configuration, string key) =>
        (configuration[key] ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static BindingAddress? TryParse(string url)
    {
        try
        {
            var address = BindingAddress.Parse(url);
            return address.IsUnixPipe || address.IsNamedPipe || (IsPlace(address.Host, address.Port) && address.PathBase.Length == 0) ? address : null;
        }
        catch (FormatException)
        {
            return null;
        }
    }

    /// <summary>
    /// A port that is no number is taken for a part of the host, where only IPv6 addresses, in brackets, have colons. The server
    /// cannot choose one port for both addresses of localhost.
    /// </summary>
    private static bool IsPlace(string host, int port) =>
        port is >= 0 and <= 65535
        && (!host.Contains(':', StringComparison.Ordinal) || (host.StartsWith('[') && host.EndsWith(']')))
        && (port > 0 || !host.Equals("localhost", StringComparison.OrdinalIgnoreCase));
}
