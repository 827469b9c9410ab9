using KvAspire.Balancer.Store;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace KvAspire.Balancer.Api;

/// <summary>
/// <c>If-Match</c> and <c>If-None-Match</c> (RFC 9110, section 13.1). <c>If-Match</c> compares strongly, so a weak
/// tag never matches; <c>If-None-Match</c> compares weakly. A tag that is no version of ours is allowed and matches nothing.
/// </summary>
internal static class Preconditions
{
    private const string NotAList =
        "is not a list of entity tags. Send * or tags in double quotes, as in \"1.2.3\", as they came in an ETag header.";

    /// <summary>The condition of a write; null if there is none or it holds in any case.</summary>
    /// <remarks>
    /// Both headers in one write are refused: one condition is decided together with the write, two would be a
    /// promise that the store does not make, and what both could say one can.
    /// </remarks>
    /// <returns>What is wrong, or null.</returns>
    public static Problem? ReadForWrite(IHeaderDictionary headers, out WriteCondition? condition)
    {
        condition = null;
        var (ifMatch, ifNoneMatch) = (headers.IfMatch, headers.IfNoneMatch);
        if (ifMatch.Count > 0 && ifNoneMatch.Count > 0)
        {
            return Problem.BadRequest("A write takes If-Match or If-None-Match, not both. Send the one that matters.");
        }

        if (ifMatch.Count > 0)
        {
            if (!TryParse(ifMatch, strong: true, out var tags))
            {
                return Problem.BadRequest("If-Match " + NotAList);
            }

            condition = tags.Any ? WriteCondition.Exists : new WriteCondition(WriteConditionKind.MatchesAny, tags.Versions);
        }
        else if (ifNoneMatch.Count > 0)
        {
            if (!TryParse(ifNoneMatch, strong: false, out var tags))
            {
                return Problem.BadRequest("If-None-Match " + NotAList);
            }

            condition = tags switch
            {
                { Any: true } => WriteCondition.Absent,
                { Versions.Count: 0 } => null,
                _ => new WriteCondition(WriteConditionKind.MatchesNone, tags.Versions),
            };
        }

        return null;
    }

    /// <summary>True if no state of the key can satisfy the condition.</summary>
    public static bool NeverHolds(WriteCondition? condition) =>
        condition is { Kind: WriteConditionKind.MatchesAny, Versions.Count: 0 };

    /// <summary>
    /// Decides a read of a key that has a value, in the order of RFC 9110, section 13.2.2: <c>If-Match</c>, then
    /// <c>If-None-Match</c>.
    /// </summary>
    /// <param name="headers">Of the request.</param>
    /// <param name="version">Of the value.</param>
    /// <param name="notModified">The client has this version: 304.</param>
    /// <returns>What is wrong, or null.</returns>
    public static Problem? DecideRead(IHeaderDictionary headers, EntryVersion version, out bool notModified)
    {
        notModified = false;
        var (ifMatch, ifNoneMatch) = (headers.IfMatch, headers.IfNoneMatch);
        if (ifMatch.Count > 0)
        {
            if (!TryParse(ifMatch, strong: true, out var tags))
            {
                return Problem.BadRequest("If-Match " + NotAList);
            }

            if (!tags.Match(version))
            {
                return new Problem(
                    StatusCodes.Status412PreconditionFailed,
                    "The key has another version than If-Match asks for. Read it without the header to see which.");
            }
        }

        if (ifNoneMatch.Count > 0)
        {
            if (!TryParse(ifNoneMatch, strong: false, out var tags))
            {
                return Problem.BadRequest("If-None-Match " + NotAList);
            }

            notModified = tags.Match(version);
        }

        return null;
    }

    private static bool TryParse(StringValues header, bool strong, out Tags tags)
    {
        tags = default;
        if (!EntityTagHeaderValue.TryParseStrictList(header.ToArray()!, out var parsed) || parsed.Count == 0)
        {
            return false;
        }

        var any = false;
        var versions = new List<EntryVersion>(parsed.Count);
        foreach (var tag in parsed)
        {
            if (tag.Tag == "*")
            {
                any = true;
            }
            else if (!(strong && tag.IsWeak)
                && EntryVersion.TryParse(tag.Tag.Substring(1, tag.Tag.Length - 2), out var version)
                // Tags are compared as text: "01.2.3" is not "1.2.3".
                && tag.Tag.Equals(ValueHeaders.FormatETag(version)))
            {
                versions.Add(version);
            }
        }

        tags = new Tags(any, versions);
        return !any || parsed.Count == 1;
    }

    private readonly record struct Tags(bool Any, IReadOnlyList<EntryVersion> Versions)
    {
        public bool Match(EntryVersion version) => Any || Versions.Contains(version);
    }
}
