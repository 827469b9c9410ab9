namespace KvAspire.Node.Storage;

/// <summary>
/// The version of an entry: the epoch in which the coordinator gave it, and a counter. Compared in that order.
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

    public override string ToString() => $"{Epoch >> 32}.{(uint)Epoch}.{Counter}";
}
