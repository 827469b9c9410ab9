using KvAspire.Node.Storage;
using KvAspire.Protocol;

namespace KvAspire.Node.Replication;

/// <content>What a node hears with a heartbeat.</content>
internal sealed partial class ReplicaCore
{
    private void Learn(HeartbeatRequest request)
    {
        var batch = new StorageBatch();
        var isOtherLease = RememberLeaseLength(request.LeaseMs, batch);
        if (request.Clock > _clock)
        {
            _clock = request.Clock;
            batch.PutMetadata(ClockName, BitConverter.GetBytes(_clock));
        }

        if (request.Committed != 0 && request.Committed == _view.Epoch)
        {
            // Nothing below the sync point is in hand any more.
            _turning.RemoveWhere(v => v < new EntryVersion(request.SyncEpoch, request.SyncCounter));
            LearnCommitted(batch);
            RaiseSyncPoints(request, batch);
            RaiseFloor(
                new EntryVersion(request.FloorEpoch, request.FloorCounter), request.Clock, new EntryVersion(request.NextEpoch, request.NextCounter));
        }

        if (!batch.IsEmpty)
        {
            // After a power cut the node would promise something while the longer lease that it has given is running.
            Write(batch, sync: isOtherLease);
        }
    }

    /// <summary>The view in force is committed: what it takes from this node may now be destroyed.</summary>
    private void LearnCommitted(StorageBatch batch)
    {
        if (_committed)
        {
            return;
        }

        _committed = true;
        batch.PutMetadata(CommittedName, BitConverter.GetBytes(_view.Epoch));
        if (_view.IsMember)
        {
            Settle(batch);
        }
    }

    private void Settle(StorageBatch batch)
    {
        for (var slot = 0; slot < _view.SlotCount; slot++)
        {
            SettleSlot(slot, batch);
        }

        batch.PutMetadata(SyncPointsName, _syncPoints.Save());
    }

    /// <summary>What a node would do that takes a view for committed when it is told of it.</summary>
    private void DestroyEarly()
    {
        var batch = new StorageBatch();
        Settle(batch);
        Write(batch, sync: false);
        for (var slot = 0; slot < _view.SlotCount; slot++)
        {
            if (_view.RoleIn((uint)slot) is { Duty: SlotDuty.CatchingUp } role)
            {
                Truncate(slot, role.Joined);
            }
        }
    }

    private void RaiseSyncPoints(HeartbeatRequest request, StorageBatch batch)
    {
        var to = new EntryVersion(request.SyncEpoch, request.SyncCounter);
        if (!_view.IsMember || to == default)
        {
            return;
        }

        var changed = false;
        var notLevel = request.NotLevel.ToHashSet();
        for (var slot = 0; slot < _view.SlotCount; slot++)
        {
            if (_view.RoleIn((uint)slot).Duty == SlotDuty.InSync && !notLevel.Contains((uint)slot))
            {
                changed |= _syncPoints.Raise(slot, to);
            }
        }

        if (changed)
        {
            batch.PutMetadata(SyncPointsName, _syncPoints.Save());
        }
    }

    /// <returns>Whether it is another one.</returns>
    private bool RememberLeaseLength(long leaseMs, StorageBatch batch)
    {
        if (leaseMs == _leaseLengthMs)
        {
            return false;
        }

        _leaseLengthMs = leaseMs;
        batch.PutMetadata(LeaseLengthName, BitConverter.GetBytes(leaseMs));
        return true;
    }
}
