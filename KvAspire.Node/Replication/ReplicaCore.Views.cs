using Google.Protobuf;
using KvAspire.Node.Replication.Records;
using KvAspire.Node.Storage;
using KvAspire.Protocol;

namespace KvAspire.Node.Replication;

/// <content>Promises, views and leases.</content>
internal sealed partial class ReplicaCore
{
    /// <summary>Who the node is and what it knows. Changes nothing.</summary>
    public DescribeReply Describe()
    {
        var statistics = Statistics();
        lock (_gate)
        {
            var view = _view.View;
            var remaining = _lease.Remaining;
            return new DescribeReply
            {
                Name = _identity.Name,
                Incarnation = _identity.Incarnation,
                Cluster = view?.Cluster ?? "",
                PromisedTerm = _promise.Term,
                PromisedTo = _promise.Coordinator,
                LeaseHolder = remaining > TimeSpan.Zero ? _lease.Holder : "",
                LeaseRemainingMs = (long)Math.Ceiling(remaining.TotalMilliseconds),
                UnknownLease = remaining > TimeSpan.Zero && _lease.IsUnknown,
                View = view,
                Committed = _committed,
                Clock = _clock,
                Blank = IsBlank,
                WholeSince = _identity.WholeSince,
                Fault = _fault,
                Statistics = statistics,
            };
        }
    }

    /// <summary>
    /// Promises the term to the coordinator: from then on no lower term is obeyed, and no other coordinator in this
    /// one. Refused while a lease given to somebody else is running.
    /// </summary>
    /// <exception cref="StorageException">The promise could not be kept durably; it is not given.</exception>
    public ClaimReply Claim(ClaimRequest request)
    {
        lock (_gate)
        {
            var reason = ReasonToRefuseClaim(request);
            if (reason.Length == 0)
            {
                Change(() =>
                {
                    _promise = new PromiseRecord { Term = request.Term, Coordinator = request.Coordinator };
                    var batch = new StorageBatch();
                    batch.PutMetadata(PromiseName, _promise.ToByteArray());
                    RememberLeaseLength(request.LeaseMs, batch);
                    Write(batch, _rules.SyncPromises);
                });
                GiveLease(request.Coordinator, request.LeaseMs);
            }

            return new ClaimReply { Promised = reason.Length == 0, Reason = reason, State = Describe() };
        }
    }

    /// <summary>
    /// Makes the view this node's own. A durability barrier: on return everything that the node has acknowledged,
    /// the view included, survives a power cut.
    /// </summary>
    /// <exception cref="StorageException">The view is not installed.</exception>
    public InstallReply Install(InstallRequest request)
    {
        lock (_gate)
        {
            var view = request.View;
            var reason = ReasonToRefuseView(view, request.Target);
            if (reason.Length == 0 && view.Epoch != _view.Epoch)
            {
                // What cannot be read throws here, where nothing has changed.
                Adopt(Read(view), view);
            }

            return new InstallReply { Installed = reason.Length == 0, Reason = reason, PromisedTerm = _promise.Term };
        }
    }

    private void Adopt(InstalledView installed, View view) => Change(() =>
    {
        _promise = new PromiseRecord { Term = TermOf(view.Epoch), Coordinator = view.Coordinator };
        var batch = new StorageBatch();
        batch.PutMetadata(PromiseName, _promise.ToByteArray());
        batch.PutMetadata(ViewName, view.ToByteArray());
        Write(batch, _rules.SyncViews);
        _committed = false;
        _view = installed;
        if (!_rules.DestroyWhenCommitted)
        {
            DestroyEarly();
        }
    });

    /// <summary>Renews the lease of the coordinator that has this node's promise, and hears what is committed.</summary>
    public HeartbeatReply Heartbeat(HeartbeatRequest request)
    {
        var statistics = Statistics();
        lock (_gate)
        {
            var accepted = _fault.Length == 0
                && (!_rules.KeepPromises || (request.Term == _promise.Term && request.Coordinator == _promise.Coordinator))
                && (_lease.IsUnknown || !_lease.IsHeldByAnotherThan(request.Coordinator));
            if (accepted)
            {
                Obey(request);
            }

            return new HeartbeatReply
            {
                Name = _identity.Name,
                Accepted = accepted,
                PromisedTerm = _promise.Term,
                Incarnation = _identity.Incarnation,
                Epoch = _view.Epoch,
                Fault = _fault,
                Statistics = statistics,
                DurableView = _durable.View,
                DurableEpoch = _durable.SyncPoint.Epoch,
                DurableCounter = _durable.SyncPoint.Counter,
                Blank = IsBlank,
                WholeSince = _identity.WholeSince,
            };
        }
    }

    /// <summary>The coordinator stops in good order: another may be promised to at once.</summary>
    public void ReleaseLease(ReleaseLeaseRequest request)
    {
        lock (_gate)
        {
            if (_lease.Holder == request.Coordinator && _promise.Coordinator == request.Coordinator)
            {
                _lease.End();
            }
        }
    }

    /// <summary>It holds nothing, and was never in sync since it last held anything.</summary>
    private bool IsBlank => !_mayHold.Contains(true) && _syncPoints.AreAllZero;

    private static uint TermOf(ulong epoch) => (uint)(epoch >> 32);

    private string ReasonToRefuseClaim(ClaimRequest request)
    {
        if (_fault.Length > 0)
        {
            return _fault;
        }

        if (_rules.KeepPromises
            && (request.Term < _promise.Term || (request.Term == _promise.Term && request.Coordinator != _promise.Coordinator)))
        {
            return $"term {_promise.Term} is promised to {_promise.Coordinator}";
        }

        return _lease.IsHeldByAnotherThan(request.Coordinator)
            ? _lease.IsUnknown ? "just started: a lease given before may still be running" : $"{_lease.Holder} holds a lease"
            : "";
    }

    private string ReasonToRefuseView(View view, Incarnation target)
    {
        if (_fault.Length > 0)
        {
            return _fault;
        }

        if (!IsMeantBy(target))
        {
            return "meant for another incarnation of this node";
        }

        var term = TermOf(view.Epoch);
        if (_rules.KeepPromises && (term < _promise.Term || (term == _promise.Term && view.Coordinator != _promise.Coordinator)))
        {
            return $"term {_promise.Term} is promised to {_promise.Coordinator}";
        }

        if (view.Slots.Count > SlotCount)
        {
            return $"a view of {view.Slots.Count} slots, where a store has {SlotCount} at most";
        }

        if (_rules.KeepPromises && view.Epoch < _view.Epoch)
        {
            return "a later view is installed";
        }

        return _view.View is { } mine && mine.Cluster != view.Cluster
            ? $"the data belongs to cluster {mine.Cluster}"
            : "";
    }

    private void Obey(HeartbeatRequest request)
    {
        GiveLease(request.Coordinator, request.LeaseMs);
        Change(() => Learn(request));
        if (_committed && _view.IsMember && request.Committed == _view.Epoch && request.NotLevel.Count == 0)
        {
            _told = (_view.Epoch, new EntryVersion(request.SyncEpoch, request.SyncCounter));
        }
    }

    private void GiveLease(string coordinator, long leaseMs)
    {
        if (_rules.GuardLease)
        {
            _lease.Give(coordinator, TimeSpan.FromMilliseconds(leaseMs));
        }
    }
}
