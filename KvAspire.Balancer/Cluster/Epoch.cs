using System.Globalization;

namespace KvAspire.Balancer.Cluster;

/// <summary>Names a view: the coordinator's term, and the number of the view in it. Compared in that order.</summary>
/// <param name="Term">Taken by a starting coordinator; 0 before the first.</param>
/// <param name="Revision">One for each view of a term.</param>
internal readonly record struct Epoch(uint Term, uint Revision) : IComparable<Epoch>
{
    /// <summary>As it travels: the term in the high 32 bits.</summary>
    public ulong Packed => (ulong)Term << 32 | Revision;

    public Epoch Next => new(Term, Revision + 1);

    public static Epoch Unpack(ulong packed) => new((uint)(packed >> 32), (uint)packed);

    public int CompareTo(Epoch other) => Packed.CompareTo(other.Packed);

    public static bool operator <(Epoch left, Epoch right) => left.Packed < right.Packed;

    public static bool operator >(Epoch left, Epoch right) => left.Packed > right.Packed;

    public static bool operator <=(Epoch left, Epoch right) => left.Packed <= right.Packed;

    public static bool operator >=(Epoch left, Epoch right) => left.Packed >= right.Packed;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Term}.{Revision}");
}
