using System.IO.Hashing;

namespace KvAspire.Balancer.Replication;

/// <summary>Keys are equal if their bytes are.</summary>
internal sealed class KeyComparer : IEqualityComparer<ReadOnlyMemory<byte>>
{
    public static KeyComparer Instance { get; } = new();

    public bool Equals(ReadOnlyMemory<byte> x, ReadOnlyMemory<byte> y) => x.Span.SequenceEqual(y.Span);

    public int GetHashCode(ReadOnlyMemory<byte> obj) => unchecked((int)XxHash3.HashToUInt64(obj.Span));
}
