using System.Text;
using KvAspire.Balancer.Store;

namespace KvAspire.Tests.Api;

/// <summary>A store in a dictionary, with versions and conditions as the contract wants them, that can be told to fail.</summary>
internal sealed class FakeStore : IKeyValueStore, IClusterInfo, IClusterAdmin
{
    /// <summary>What changes of the membership are answered with.</summary>
    public AdminOutcome Admin { get; set; } = new(AdminStatus.Accepted, "It goes its way.");

    /// <summary>The last change that was asked for.</summary>
    public string? Asked { get; private set; }

    public Task<AdminOutcome> AddAsync(string name, string? address, CancellationToken cancellationToken) => Answer($"add {name} {address}");

    public Task<AdminOutcome> RemoveAsync(string name, CancellationToken cancellationToken) => Answer($"remove {name}");

    public Task<AdminOutcome> ForgetAsync(string name, CancellationToken cancellationToken) => Answer($"forget {name}");

    private Task<AdminOutcome> Answer(string asked)
    {
        Asked = asked;
        return Failure is null ? Task.FromResult(Admin) : Task.FromException<AdminOutcome>(Failure);
    }

    private readonly Lock _lock = new();
    private readonly Dictionary<string, StoredValue> _values = [];
    private ulong _counter;

    /// <summary>Thrown by each call while set.</summary>
    public Exception? Failure { get; set; }

    /// <summary>If set, reads and writes wait for it or for the caller's end.</summary>
    public TaskCompletionSource? Gate { get; set; }

    /// <summary>Completes when a caller gave up at the gate.</summary>
    public TaskCompletionSource GaveUp { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when a caller waits at the gate.</summary>
    public TaskCompletionSource Arrived { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public int Replicas { get; set; } = 2;

    /// <summary>What is stored, by the key's text.</summary>
    public StoredValue? this[string key]
    {
        get
        {
            lock (_lock)
            {
                return _values.GetValueOrDefault(key);
            }
        }
    }

    public void Put(string key, StoredValue value)
    {
        lock (_lock)
        {
            _values[key] = value;
        }
    }

    public async ValueTask<ReadOutcome> ReadAsync(ReadOnlyMemory<byte> key, CancellationToken cancellationToken)
    {
        await EnterAsync(cancellationToken);
        return new ReadOutcome(this[Encoding.UTF8.GetString(key.Span)], Replicas, 2);
    }

    public async ValueTask<WriteOutcome> WriteAsync(ReadOnlyMemory<byte> key, WriteCommand command, CancellationToken cancellationToken)
    {
        await EnterAsync(cancellationToken);
        var name = Encoding.UTF8.GetString(key.Span);
        lock (_lock)
        {
            var old = _values.GetValueOrDefault(name);
            if (!Holds(command.Condition, old))
            {
                return new WriteOutcome(Passed: false, default, Existed: false, 0, 2);
            }

            var version = new EntryVersion(3UL << 32 | 7, ++_counter);
            if (command.Value is { } value)
            {
                _values[name] = new StoredValue(version, value, command.ContentType, DateTimeOffset.UtcNow + command.TimeToLive);
            }
            else
            {
                _values.Remove(name);
            }

            return new WriteOutcome(Passed: true, version, old is not null, Replicas, 2);
        }
    }

    public ClusterStatus GetStatus() => new(
        "serving",
        "All is well.",
        [],
        "c1",
        "3.7",
        "b1",
        2,
        new SlotSummary(1024, 1024, 0, 0),
        [new NodeStatus("node1", "http://127.0.0.1:4001", "active", 512, 1024, 0, _values.Count, null, "fake", null, null)],
        []);

    public async ValueTask<KeyPlacement> LocateAsync(ReadOnlyMemory<byte> key, CancellationToken cancellationToken)
    {
        await EnterAsync(cancellationToken);
        var name = Encoding.UTF8.GetString(key.Span);
        return new KeyPlacement(name, 17, ["node1", "node2"], [], this[name]?.Version.ToString());
    }

    private static bool Holds(WriteCondition? condition, StoredValue? old) => condition?.Kind switch
    {
        null => true,
        WriteConditionKind.Exists => old is not null,
        WriteConditionKind.Absent => old is null,
        WriteConditionKind.MatchesAny => old is not null && condition.Versions.Contains(old.Version),
        WriteConditionKind.MatchesNone => old is null || !condition.Versions.Contains(old.Version),
        _ => throw new ArgumentOutOfRangeException(nameof(condition)),
    };

    private async Task EnterAsync(CancellationToken cancellationToken)
    {
        if (Gate is { } gate)
        {
            Arrived.TrySetResult();
            try
            {
                await gate.Task.WaitAsync(cancellationToken);
            }
            catch (OperationCanceledException)
            {
                GaveUp.TrySetResult();
                throw Failure ?? new OperationCanceledException(cancellationToken);
            }
        }

        if (Failure is { } failure)
        {
            throw failure;
        }
    }
}
