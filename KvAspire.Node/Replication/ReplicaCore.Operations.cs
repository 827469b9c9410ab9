using Google.Protobuf;
using KvAspire.Node.Storage;
using KvAspire.Protocol;

namespace KvAspire.Node.Replication;

/// <content>Reads and writes.</content>
internal sealed partial class ReplicaCore
{
    /// <summary>Values in one answer, be they read or in the way of conditions: about this much, and one value at least.</summary>
    private const int AnswerBytes = 1 << 20;

    /// <summary>
    /// Versions of the writes that this node judged which gave their key a value, or took it away, as far as their coordinator may ask for them again,
    /// not having heard. Guarded by the lock; in memory only, since another life of the node judges nothing before it has caught up.
    /// </summary>
    private readonly HashSet<EntryVersion> _turning = [];

    /// <summary>Heartbeats wait while a batch with writes is carried out, and its sender hears nothing of it: no longer than about this.</summary>
    private static readonly TimeSpan LongestStep = TimeSpan.FromMilliseconds(50);

    /// <summary>
    /// Carries out a batch, in order, and answers each operation. Writes are stored as one before any is answered. A batch is answered as far as
    /// about a megabyte of values goes, and one with writes as far as a disk that is slow to tell what is there lets it go; call again for what
    /// is left.
    /// </summary>
    /// <param name="epoch">The view under which the coordinator asks.</param>
    /// <param name="operations">The batch.</param>
    /// <param name="from">How many of its operations are answered already.</param>
    /// <remarks>
    /// An entry is written only if its version is higher than the one that is there, so doing an operation twice, or
    /// late, does no harm. Failures of the medium are answered with <see cref="ResultStatus.Fault"/>, never with success.
    /// </remarks>
    public ResultBatch Operate(ulong epoch, IReadOnlyList<Operation> operations, int from = 0)
    {
        var results = new ResultBatch();
        var hasWrites = false;
        foreach (var operation in operations)
        {
            hasWrites |= operation.Kind == OperationKind.Write;
        }

        var view = _view;
        if (!hasWrites)
        {
            for (var (i, bytes) = (from, 0); i < operations.Count && bytes < AnswerBytes; i++)
            {
                var result = Read(view, epoch, operations[i]);
                results.Results.Add(result);
                bytes += result.Entry?.Value.Length ?? 0;
            }
        }
        else
        {
            OperateLocked(epoch, operations, from, results);
        }

        results.Epoch = view.Epoch;
        return results;
    }

    private void OperateLocked(ulong epoch, IReadOnlyList<Operation> operations, int from, ResultBatch results)
    {
        lock (_gate)
        {
            try
            {
                Change(() => CarryOut(epoch, operations, from, results));
            }
            catch (StorageException)
            {
                results.Results.Clear();
                foreach (var operation in operations.Skip(from))
                {
                    results.Results.Add(new Result { Id = operation.Id, Status = ResultStatus.Fault });
                }
            }
        }
    }

    private void CarryOut(ulong epoch, IReadOnlyList<Operation> operations, int from, ResultBatch results)
    {
        var began = _time.GetTimestamp();
        var batch = new StorageBatch();
        var keysInBatch = new HashSet<ReadOnlyMemory<byte>>(KeyComparer.Instance);
        if (epoch == _view.Epoch)
        {
            LearnCommitted(batch);
        }

        var bytes = 0;
        for (var i = from; i < operations.Count && bytes < AnswerBytes && (i == from || _time.GetElapsedTime(began) < LongestStep); i++)
        {
            var operation = operations[i];

            // What comes later in the batch must see what came before.
            if (operation.Entry is { } entry && !keysInBatch.Add(entry.Key.Memory))
            {
                Write(batch, _fsync == FsyncMode.Always);
                batch = new StorageBatch();
            }

            var result = operation.Kind == OperationKind.Write
                ? Write(_view, epoch, operation, batch)
                : Read(_view, epoch, operation);
            results.Results.Add(result);
            bytes += result.Entry?.Value.Length ?? 0;
        }

        if (!batch.IsEmpty)
        {
            Write(batch, _fsync == FsyncMode.Always);
        }
    }

    private Result Read(InstalledView view, ulong epoch, Operation operation)
    {
        var result = new Result { Id = operation.Id };
        var role = view.RoleIn(operation.Slot);
        if (_fault.Length > 0)
        {
            result.Status = ResultStatus.Fault;
        }
        else if (!CanBeStored(operation.Entry) || IsOfAnotherView(epoch, view) || role.Duty != SlotDuty.InSync || (_rules.ReadAtPrimaryOnly && !role.IsPrimary))
        {
            result.Status = ResultStatus.Refused;
        }
        else
        {
            try
            {
                var found = _engine.TryGet((int)operation.Slot, operation.Entry.Key.Span, out var entry);
                result.Status = found && !entry.Tombstone ? ResultStatus.Ok : ResultStatus.NotFound;
                if (found)
                {
                    result.Entry = ToMessage(entry, withKey: false);
                }
            }
            catch (StorageException)
            {
                result.Status = ResultStatus.Fault;
            }
        }

        return result;
    }

    private Result Write(InstalledView view, ulong epoch, Operation operation, StorageBatch batch)
    {
        var result = new Result { Id = operation.Id };
        var slot = (int)operation.Slot;
        var role = view.RoleIn(operation.Slot);
        if (_fault.Length > 0)
        {
            result.Status = ResultStatus.Fault;
            return result;
        }

        var isJudge = role.IsFarEnd || (!_rules.JudgeAtFarEndOnly && role.Duty == SlotDuty.InSync);
        if (!CanBeStored(operation.Entry) || IsOfAnotherView(epoch, view) || role.Duty == SlotDuty.None || (operation.Condition is not null && !isJudge))
        {
            result.Status = ResultStatus.Refused;
            return result;
        }

        var entry = ToEntry(operation.Entry);
        var found = _engine.TryGetHeader(slot, entry.Key.Span, out var current);
        if (role.Duty == SlotDuty.CatchingUp && IsTruncated(slot, role.Joined, entry.Key, found ? current.Version : default))
        {
            (found, current) = (false, default);
        }

        result.Existed = found && IsLive(current, operation.Condition?.Now ?? 0);
        if (_rules.KnowOwnVersion && found && current.Version == entry.Version)
        {
            // What is there is the write itself: whether there was a value before it is remembered.
            result.Existed = _turning.Contains(entry.Version) == entry.Tombstone;
            result.Status = ResultStatus.Ok;
            return result;
        }

        if (_rules.RefuseBelowFloor && entry.Version < _floor && !(found && current.Version > entry.Version))
        {
            // Whatever is below the floor all replicas have held. A value comes late, from a stream that was given up, and what deleted it is
            // swept. What is dead might be swept as well: so it is when a write of a former coordinator is brought to light.
            result.Status = IsLive(entry.Header, _clock) ? ResultStatus.Refused : ResultStatus.Ok;
            return result;
        }

        if (operation.Condition is { Kind: not ConditionKind.None } condition
            && (!Conditions.Hold(condition, result.Existed, current.Version) || (found && entry.Version < current.Version)))
        {
            result.Status = ResultStatus.NotPassed;
            result.Entry = found && _engine.TryGet(slot, entry.Key.Span, out var obstacle) ? ToMessage(obstacle, withKey: false) : null;
            return result;
        }

        if (!found || entry.Version > current.Version || !_rules.TakeHigherVersionsOnly)
        {
            Put(batch, slot, entry);
            NoteWritten(slot, entry.Key);
            if (operation.Condition is not null && result.Existed == entry.Tombstone)
            {
                _turning.Add(entry.Version);
            }
        }

        result.Status = ResultStatus.Ok;
        return result;
    }

    /// <summary>What an engine would refuse is refused before: a batch that cannot be written stops the node.</summary>
    private static bool CanBeStored(Entry? entry) =>
        entry is { Key.Length: > 0 and <= StorageLimits.MaxKeyBytes, ContentType.Length: <= StorageLimits.MaxContentTypeLength };

    private bool IsOfAnotherView(ulong epoch, InstalledView view) => _rules.FenceEpochs && epoch != view.Epoch;

    /// <summary>Has a value at <paramref name="now"/> (the coordinator's clock, Unix milliseconds).</summary>
    private static bool IsLive(in EntryHeader entry, long now) =>
        !entry.Tombstone && (entry.ExpiresAt == 0 || entry.ExpiresAt > now);

    private static StoredEntry ToEntry(Entry message) => new(
        message.Key.Memory,
        new EntryVersion(message.VersionEpoch, message.VersionCounter),
        message.Value.Memory,
        message.ContentType,
        message.ExpiresAt,
        message.Tombstone);

    private static Entry ToMessage(in StoredEntry entry, bool withKey) => new()
    {
        Key = withKey ? UnsafeByteOperations.UnsafeWrap(entry.Key) : ByteString.Empty,
        VersionEpoch = entry.Version.Epoch,
        VersionCounter = entry.Version.Counter,
        Value = UnsafeByteOperations.UnsafeWrap(entry.Value),
        ContentType = entry.ContentType,
        ExpiresAt = entry.ExpiresAt,
        Tombstone = entry.Tombstone,
    };
}
