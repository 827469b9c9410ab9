using KvAspire.Node.Storage;

namespace KvAspire.Node.Replication;

/// <summary>
/// A slot that catches up and is not truncated yet: how far that is, in the order of keys, and what clients have written beyond. Not thread-safe: the
/// owner locks.
/// </summary>
/// <param name="joined">The view that put the node on the catching-up list.</param>
/// <param name="from">What has this version or a higher one is to be dropped.</param>
/// <param name="before">What was begun for the same view, with another version; null for nothing.</param>
internal sealed class SlotTruncation(ulong joined, EntryVersion from, SlotTruncation? before)
{
    private readonly HashSet<ReadOnlyMemory<byte>> _written = before?._written ?? new(KeyComparer.Instance);

    public ulong Joined => joined;

    public EntryVersion From => from;

    /// <summary>Keys up to this one are done; empty if none are.</summary>
    public ReadOnlyMemory<byte> UpTo { get; private set; }

    /// <summary>How many keys are remembered.</summary>
    public int Written => _written.Count;

    /// <summary>The key is done: what is there now was written since.</summary>
    public bool IsPast(ReadOnlySpan<byte> key) => key.SequenceCompareTo(UpTo.Span) <= 0;

    /// <summary>What the key has now a client has written.</summary>
    public bool IsWritten(ReadOnlyMemory<byte> key) => _written.Contains(key);

    /// <summary>A client writes the key.</summary>
    /// <returns>Whether there is one key more to remember.</returns>
    public bool NoteWritten(ReadOnlyMemory<byte> key) => !IsPast(key.Span) && _written.Add(key);

    public void Advance(ReadOnlyMemory<byte> upTo)
    {
        if (!IsPast(upTo.Span))
        {
            UpTo = upTo;
        }
    }
}
