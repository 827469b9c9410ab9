using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace KvAspire.Balancer.Store;

/// <summary>
/// The version of an entry: the epoch in which the coordinator gave it, and a counter. Compared in that order.
/// Its text form <c>term.revision.counter</c> is what clients see as <c>ETag</c>.
/// </summary>
/// <param name="Epoch">Term in the high 32 bits, revision in the low ones.</param>
/// <param name="Counter">Grows with each operation of a term.</param>
internal readonly record struct EntryVersion(ulong Epoch, ulong Counter) : IComparable<EntryVersion>
{
    public int CompareTo(EntryVersion other)
    {
        var byEpoch = Epoch.CompareTo(other.Epoch);
        return byEpoch != 0 ? byEpoch : Counter.CompareTo(other.Counter);
    }

    public static bool operator <(EntryVersion left, EntryVersion right) => left.CompareTo(right) < 0;

    public static bool operator >(EntryVersion left, EntryVersion right) => left.CompareTo(right) > 0;

    public static bool operator <=(EntryVersion left, EntryVersion right) => left.CompareTo(right) <= 0;

    public static bool operator >=(EntryVersion left, EntryVersion right) => left.CompareTo(right) >= 0;

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Epoch >> 32}.{(uint)Epoch}.{Counter}");

    /// <summary>Reads the text form; false if it is not one.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out EntryVersion version)
    {
        version = default;
        var parts = text?.Split('.');
        if (parts is not { Length: 3 }
            || !uint.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var term)
            || !uint.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var revision)
            || !ulong.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out var counter))
        {
            return false;
        }

        version = new EntryVersion((ulong)term << 32 | revision, counter);
        return true;
    }
}
