using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Unicode;
using Microsoft.AspNetCore.Http.Features;

namespace KvAspire.Balancer.Api;

/// <summary>
/// Takes the key out of a request's URL. What the server calls the path is of no use for that: it leaves <c>%2F</c>
/// as it is, so that <c>%2F</c> and <c>%252F</c> look alike, and it resolves <c>.</c> and <c>..</c>, which may be keys.
/// So the key is read from the request line as it was sent: all that follows the call's name, up to the <c>?</c>,
/// percent-decoded. A plain slash or plus in it stands for itself.
/// </summary>
internal static class KeyPath
{
    /// <summary>The most bytes of UTF-8 that a key may have.</summary>
    public const int MaxKeyBytes = 1024;

    private static readonly string[] Prefixes = ["/kv/", "/get/", "/set/", "/delete/", "/cluster/keys/"];

    /// <summary>
    /// The start of the path, with the last slash, if it is one that a key follows; otherwise null.
    /// </summary>
    /// <param name="rawTarget">The target in the request line.</param>
    public static string? FindPrefix(string rawTarget)
    {
        var path = WithoutAuthority(rawTarget);
        foreach (var prefix in Prefixes)
        {
            if (path.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
            {
                return prefix;
            }
        }

        return null;
    }

    /// <summary>The key of this request, or what is wrong with it.</summary>
    public static bool TryRead(
        HttpContext context, [NotNullWhen(true)] out byte[]? key, [NotNullWhen(false)] out Problem? problem) =>
        TryRead(context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget, out key, out problem);

    /// <inheritdoc cref="TryRead(HttpContext, out byte[], out Problem)"/>
    public static bool TryRead(
        string rawTarget, [NotNullWhen(true)] out byte[]? key, [NotNullWhen(false)] out Problem? problem)
    {
        key = null;
        var encoded = FindPrefix(rawTarget) is { } prefix ? WithoutAuthority(rawTarget)[prefix.Length..] : [];
        if (encoded.IndexOf('?') is >= 0 and var query)
        {
            encoded = encoded[..query];
        }

        var fault = encoded.IsEmpty
            ? "The key is missing. Put it after the call's name, percent-encoded, as in /kv/my%20key."
            : Decode(encoded, out key);
        problem = fault is null ? null : Problem.BadRequest(fault);
        return fault is null;
    }

    /// <summary>The path, percent-encoded, at which the key can be found.</summary>
    public static string Locate(byte[] key)
    {
        var escaped = Uri.EscapeDataString(Encoding.UTF8.GetString(key));
        return "/kv/" + (escaped is "." or ".." ? escaped.Replace(".", "%2E", StringComparison.Ordinal) : escaped);
    }

    /// <summary>Decodes strictly; returns what is wrong, or null.</summary>
    private static string? Decode(ReadOnlySpan<char> encoded, out byte[]? key)
    {
        key = null;
        var length = encoded.Length - 2 * encoded.Count('%');
        if (length > MaxKeyBytes)
        {
            return $"The key has {length} bytes of UTF-8; {MaxKeyBytes} is the most. Use a shorter one, for example a hash of it.";
        }

        // Negative if there are more percent signs than digits could follow.
        var decoded = new byte[Math.Max(length, 0)];
        var read = 0;
        for (var written = 0; read < encoded.Length; written++)
        {
            int value = encoded[read++];
            if (value == '%')
            {
                if (read + 2 > encoded.Length || !char.IsAsciiHexDigit(encoded[read]) || !char.IsAsciiHexDigit(encoded[read + 1]))
                {
                    return "The key holds a % that two hexadecimal digits do not follow. Percent-encode it; a percent sign itself is %25.";
                }

                value = HexValue(encoded[read]) << 4 | HexValue(encoded[read + 1]);
                read += 2;
            }
            else if (value > 0x7F)
            {
                return "The key holds a character outside ASCII that is not percent-encoded. Encode its UTF-8 bytes, as in %C3%A9.";
            }

            decoded[written] = (byte)value;
        }

        if (!Utf8.IsValid(decoded))
        {
            return "The key is not valid UTF-8. Percent-encode the UTF-8 bytes of its text.";
        }

        key = decoded;
        return null;
    }

    private static int HexValue(char digit) => char.IsAsciiDigit(digit) ? digit - '0' : (digit | 0x20) - 'a' + 10;

    // A proxy may be sent the absolute form (RFC 9112, section 3.2.2): http://host/path.
    private static ReadOnlySpan<char> WithoutAuthority(string rawTarget)
    {
        var target = rawTarget.AsSpan();
        if (target.StartsWith('/') || target.IndexOf("://", StringComparison.Ordinal) is not (>= 0 and var scheme))
        {
            return target;
        }

        var path = target[(scheme + 3)..];
        return path.IndexOf('/') is >= 0 and var slash ? path[slash..] : [];
    }
}
