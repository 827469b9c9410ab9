using KvAspire.Node.Storage;

namespace KvAspire.Node.Replication;

/// <content>Keeping what is in memory and what is on the disk together.</content>
internal sealed partial class ReplicaCore
{
    /// <summary>
    /// Changes what the node knows, and stores that. Until the batch is written, memory is ahead of the disk: whatever ends the step before, be it
    /// no failure of the medium, would leave it so for good, and stops the node.
    /// </summary>
    /// <exception cref="StorageException">The node has stopped.</exception>
    private void Change(Action step)
    {
        try
        {
            step();
        }
        catch (Exception e) when (e is not StorageException)
        {
            var fault = new StorageException(
                $"What this node knows may differ from what it has stored, as a change was cut short by {e.GetType().Name} ({e.Message.TrimEnd('.')}): start the node anew.", e);
            Stop(fault);
            throw fault;
        }
    }

    private void Write(StorageBatch batch, bool sync)
    {
        _engine.Write(batch, sync);
        foreach (var change in batch.Changes)
        {
            // A slot is empty when its purge is written, and not before: a node that is taken for blank may be asked to join anew.
            if (change.Kind is ChangeKind.PurgeSlot or ChangeKind.Put)
            {
                _mayHold[change.Slot] = change.Kind == ChangeKind.Put;
            }
        }
    }

    /// <summary>Stores an entry, and notes what the slot may hold now.</summary>
    private void Put(StorageBatch batch, int slot, in StoredEntry entry)
    {
        batch.Put(slot, entry);
        _mayHold[slot] = true;
        _endsAt[slot] = Math.Min(_endsAt[slot], EndOf(entry.Header));
    }

    /// <summary>Fail-stop: a node whose medium failed takes no further part until it is started anew.</summary>
    private void Stop(StorageException e)
    {
        if (_fault.Length == 0)
        {
            _fault = e.Message;
        }
    }
}
