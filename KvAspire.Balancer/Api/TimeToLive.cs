using System.Globalization;
using Microsoft.Extensions.Primitives;

namespace KvAspire.Balancer.Api;

/// <summary>The query parameter <c>ttl</c>: after so many seconds the key has no value.</summary>
internal static class TimeToLive
{
    /// <summary>The unit in which nodes keep an expiry.</summary>
    public const decimal ShortestSeconds = 0.001m;

    /// <summary>A hundred years: more is a mistake, or means "for ever".</summary>
    public const decimal LongestSeconds = 100m * 365 * 24 * 3600;

    /// <param name="parameter">The values of the parameter; none means for ever.</param>
    /// <param name="timeToLive">Rounded up to a millisecond; null for ever.</param>
    /// <returns>What is wrong, or null.</returns>
    public static Problem? Read(StringValues parameter, out TimeSpan? timeToLive)
    {
        timeToLive = null;
        if (parameter.Count == 0)
        {
            return null;
        }

        if (parameter.Count > 1
            || !decimal.TryParse(parameter[0], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds)
            || seconds is < ShortestSeconds or > LongestSeconds)
        {
            return Problem.BadRequest(
                "The parameter ttl is one number of seconds from 0.001 to 3153600000 (a hundred years), as in ?ttl=1.5; leave it out to keep the value for ever.");
        }

        timeToLive = TimeSpan.FromMilliseconds((double)Math.Ceiling(seconds * 1000));
        return null;
    }
}
