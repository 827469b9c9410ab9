using System.Diagnostics;
using KvAspire.Balancer.Store;

namespace KvAspire.Balancer.Replication;

/// <summary>
/// A client's write from the moment it is accepted to its outcome. It gets one version, once, and keeps it through
/// every retry.
/// </summary>
internal sealed class PendingWrite(int slot, ReadOnlyMemory<byte> key, WriteCommand command, long expiresAt)
    : TaskCompletionSource<WriteOutcome>(TaskCreationOptions.RunContinuationsAsynchronously)
{
    public int Slot { get; } = slot;

    public ReadOnlyMemory<byte> Key { get; } = key;

    public WriteCommand Command { get; } = command;

    /// <summary>The bytes of its key and value.</summary>
    public long Bytes => Key.Length + (Command.Value?.Length ?? 0);

    /// <summary>Unix milliseconds by the cluster's clock; 0 for never. Fixed here, so that every replica agrees.</summary>
    public long ExpiresAt { get; } = expiresAt;

    /// <summary>The span to hang the replicas' spans on, if the request is sampled.</summary>
    public ActivityContext TraceParent { get; } =
        Activity.Current is { Recorded: true } activity ? activity.Context : default;

    /// <summary>Default until it is in hand. Written and read under its slot's lock, or by the one who runs it.</summary>
    public EntryVersion Version { get; set; }

    /// <summary>
    /// The cluster's clock when its condition was first judged, in Unix milliseconds; null before. Each try is judged by this: an earlier one, for which
    /// a value had not expired yet, may arrive late, and must not come to another result than what the client is told. Used by the one who runs it.
    /// </summary>
    public long? JudgedAt { get; set; }

    /// <summary>The coordinator's reign in which the version was given.</summary>
    public int Reign { get; set; }

    /// <summary>
    /// Earlier plain writes of the key, oldest first, that are done with this one, as if they had taken effect just
    /// before it. Set when it is taken in hand.
    /// </summary>
    public IReadOnlyList<PendingWrite> Merged { get; set; } = [];

    /// <summary>
    /// Whether the key had a value before this write and those merged into it, as the far end first said; null until then.
    /// Used by the one who runs it.
    /// </summary>
    public bool? Existed { get; set; }

    /// <summary>Nothing is known to depend on it: it may be merged with its neighbours.</summary>
    public bool IsPlain => Command.Condition is null;
}
