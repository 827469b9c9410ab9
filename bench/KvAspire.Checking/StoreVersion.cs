using System.Globalization;

namespace KvAspire.Checking;

/// <summary>
/// The version of a value as the store tells it, <c>"term.revision.counter"</c>, compared in that order. The default stands for none: the store
/// gives no term 0.
/// </summary>
internal readonly record struct StoreVersion(uint Term, uint Revision, ulong Counter) : IComparable<StoreVersion>
{
    public bool IsNone => this == default;

    public int CompareTo(StoreVersion other) => (Term, Revision, Counter).CompareTo((other.Term, other.Revision, other.Counter));

    public static bool operator <(StoreVersion left, StoreVersion right) => left.CompareTo(right) < 0;

    public static bool operator >(StoreVersion left, StoreVersion right) => left.CompareTo(right) > 0;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Term}.{Revision}.{Counter}");

    /// <summary>Reads an ETag as it came, in its quotes; false if it is none of the store's.</summary>
    public static bool TryParseEntityTag(string? entityTag, out StoreVersion version)
    {
        version = default;
        return entityTag is ['"', .., '"'] && TryParse(entityTag[1..^1], out version);
    }

    /// <summary>Reads <c>term.revision.counter</c>; false if it is something else.</summary>
    public static bool TryParse(string text, out StoreVersion version)
    {
        version = default;
        if (text.Split('.') is not [var first, var second, var third]
            || !uint.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out var term)
            || !uint.TryParse(second, NumberStyles.None, CultureInfo.InvariantCulture, out var revision)
            || !ulong.TryParse(third, NumberStyles.None, CultureInfo.InvariantCulture, out var counter))
        {
            return false;
        }

        version = new StoreVersion(term, revision, counter);
        return true;
    }
}
