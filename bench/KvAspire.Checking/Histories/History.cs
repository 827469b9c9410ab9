using System.Collections.Concurrent;

namespace KvAspire.Checking.Histories;

/// <summary>
/// All that the clients of a run were told, key by key. Any number of clients may add to it at once; read it when they are
/// done. An operation takes about 150 bytes, so a million fit into 150 MB.
/// </summary>
internal sealed class History
{
    private readonly ConcurrentDictionary<string, List<Operation>> _operations = [];
    private long _count;
    private long _unknown;

    /// <summary>Operations so far.</summary>
    public long Count => Interlocked.Read(ref _count);

    /// <summary>Operations whose outcome nobody knows.</summary>
    public long Unknown => Interlocked.Read(ref _unknown);

    public ICollection<string> Keys => _operations.Keys;

    public void Add(string key, Operation operation)
    {
        var operations = _operations.GetOrAdd(key, static _ => []);
        lock (operations)
        {
            operations.Add(operation);
        }

        Interlocked.Increment(ref _count);
        if (operation.Outcome == OperationOutcome.Unknown)
        {
            Interlocked.Increment(ref _unknown);
        }
    }

    /// <summary>What was recorded of a key until now.</summary>
    public IReadOnlyList<Operation> Of(string key)
    {
        if (!_operations.TryGetValue(key, out var operations))
        {
            return [];
        }

        lock (operations)
        {
            return [.. operations];
        }
    }
}
