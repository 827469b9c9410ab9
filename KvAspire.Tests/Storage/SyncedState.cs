using KvAspire.Node.Storage;

namespace KvAspire.Tests.Storage;

/// <summary>What a medium holds after a number of batches: not the batches, of which there may be very many.</summary>
internal sealed class SyncedState
{
    private readonly Dictionary<string, StorageChange> _metadata = new(StringComparer.Ordinal);
    private readonly Dictionary<int, Dictionary<string, StorageChange>> _slots = [];

    /// <param name="batch">Its buffers are kept.</param>
    public void Apply(StorageBatch batch)
    {
        foreach (var change in batch.Changes)
        {
            switch (change.Kind)
            {
                case ChangeKind.Metadata:
                    _metadata[change.Name!] = change;
                    break;
                case ChangeKind.PurgeSlot:
                    _slots.Remove(change.Slot);
                    break;
                case ChangeKind.Put:
                    Slot(change.Slot)[Convert.ToHexString(change.Entry.Key.Span)] = change;
                    break;
                case ChangeKind.Remove:
                    Slot(change.Slot).Remove(Convert.ToHexString(change.Entry.Key.Span));
                    break;
            }
        }
    }

    /// <summary>Makes the same of an empty engine.</summary>
    public StorageBatch ToBatch()
    {
        var batch = new StorageBatch();
        foreach (var change in _metadata.Values)
        {
            batch.PutMetadata(change.Name!, change.Value);
        }

        foreach (var (slot, entries) in _slots)
        {
            foreach (var change in entries.Values)
            {
                batch.Put(slot, change.Entry);
            }
        }

        return batch;
    }

    private Dictionary<string, StorageChange> Slot(int slot) =>
        _slots.TryGetValue(slot, out var entries) ? entries : _slots[slot] = new Dictionary<string, StorageChange>(StringComparer.Ordinal);
}
