using KvAspire.Node.Storage;

namespace KvAspire.Node.Replication;

/// <content>Keeping what is in memory and what is on the disk together.</content>
internal sealed partial class ReplicaCore
{
    /// <summary>How many batches were written, and how many of them a power cut would leave; the last ones may still be on their way.</summary>
    private long _stored;
    private long _synced;

    /// <summary>Grows with each sync that was needed; null if there is nothing to sync. Waits for nobody.</summary>
    public long? SyncsBehind => Interlocked.Read(ref _synced) is var synced && synced < Interlocked.Read(ref _stored) ? synced : null;

    /// <summary>Everything acknowledged so far survives a power cut when this returns.</summary>
    /// <exception cref="StorageException">The node has stopped.</exception>
    public void Sync()
    {
        (ulong View, EntryVersion SyncPoint) told;
        lock (_gate)
        {
            told = _told;
        }

        var stored = Interlocked.Read(ref _stored);
        _engine.Sync();
        NoteSynced(stored);
        lock (_gate)
        {
            _durable = told;
        }
    }

    /// <summary>The medium has not answered for so long that it is taken to have failed.</summary>
    public void StopHanging(TimeSpan waited) =>
        Stop(new StorageException($"The disk has not answered a sync for {waited.TotalSeconds:0} s: see what holds it up, and start the node anew."));

    private void NoteSynced(long stored)
    {
        for (var synced = Interlocked.Read(ref _synced); synced < stored;)
        {
            synced = Interlocked.CompareExchange(ref _synced, stored, synced);
        }
    }

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
        var stored = Interlocked.Increment(ref _stored);
        _engine.Write(batch, sync);
        if (sync)
        {
            NoteSynced(stored);
        }

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
