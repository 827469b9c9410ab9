using System.Text;
using KvAspire.Balancer.Cluster;
using KvAspire.Checking;
using KvAspire.Node.Storage;
using EntryVersion = KvAspire.Balancer.Store.EntryVersion;
using NodeVersion = KvAspire.Node.Storage.EntryVersion;

namespace KvAspire.Tests.Simulation;

/// <summary>What all clients were told, key by key, with the versions that they have seen.</summary>
/// <param name="keys">The keys that the clients work on.</param>
/// <param name="haveTimesToLive">Some values are stored for a time only.</param>
internal sealed class Histories(IReadOnlyList<string> keys, bool haveTimesToLive)
{
    /// <summary>A value for so long must not go at all, though it is one for a time.</summary>
    public static readonly TimeSpan LongLife = TimeSpan.FromDays(1);

    private const int VersionsKept = 4;

    private readonly Dictionary<string, List<Operation>> _operations = keys.ToDictionary(k => k, _ => new List<Operation>());
    private readonly Dictionary<string, List<(EntryVersion Version, string Value)>> _versions = keys.ToDictionary(k => k, _ => new List<(EntryVersion, string)>());

    private readonly Dictionary<(string Key, string Value), TimeSpan> _expiries = [];
    private readonly Dictionary<string, NodeVersion> _acknowledged = [];
    private readonly Dictionary<string, List<(NodeVersion Version, TimeSpan At)>> _allAcknowledged = keys.ToDictionary(k => k, _ => new List<(NodeVersion, TimeSpan)>());
    private readonly Dictionary<string, (NodeVersion Kept, ulong From)> _lost = [];
    private readonly Dictionary<string, List<(long Step, string? Value)>> _losses = keys.ToDictionary(k => k, _ => new List<(long, string?)>());
    private readonly Dictionary<string, NodeVersion> _highestGoing = [];

    public IReadOnlyList<string> Keys => keys;

    public bool HaveTimesToLive => haveTimesToLive;

    public int Count => _operations.Values.Sum(o => o.Count);

    public int Unknown => _operations.Values.Sum(o => o.Count(x => x.Outcome == OperationOutcome.Unknown));

    /// <summary>Operations that were not answered with an outcome, other than by a standby.</summary>
    public List<string> Failures { get; } = [];

    public void AddFailure(string failure) => Failures.Add(failure);

    /// <summary>The highest version of the key that a coordinator has acknowledged.</summary>
    public NodeVersion Acknowledged(string key) => _acknowledged.GetValueOrDefault(key);

    /// <summary>
    /// A replica that has nothing of the key may have had this version, or a later one: a tombstone, or a value for a time. When all have that, it goes
    /// for good, on one replica before the other.
    /// </summary>
    public bool MayHaveGone(string key, NodeVersion version) => _highestGoing.TryGetValue(key, out var going) && going >= version;

    /// <summary>Some node has stored an entry.</summary>
    public void AddStored(in StoredEntry entry)
    {
        if (StaysForGood(entry))
        {
            return;
        }

        var key = Encoding.UTF8.GetString(entry.Key.Span);
        if (entry.Version > _highestGoing.GetValueOrDefault(key))
        {
            _highestGoing[key] = entry.Version;
        }
    }

    /// <summary>It is a value, and does not expire as long as a run goes on.</summary>
    public static bool StaysForGood(in StoredEntry entry) =>
        !entry.Tombstone && (entry.ExpiresAt == 0 || DateTimeOffset.FromUnixTimeMilliseconds(entry.ExpiresAt) > SimulatedTime.Beginning + (LongLife / 2));

    public void AddAcknowledged(string key, EntryVersion version, TimeSpan now)
    {
        var acknowledged = new NodeVersion(version.Epoch, version.Counter);
        if (_lost.TryGetValue(key, out var lost) && acknowledged > lost.Kept && acknowledged.Epoch < lost.From)
        {
            // Told late, by a coordinator that had it from a replica that has lost it since; or it was tried again, and is there.
            return;
        }

        _allAcknowledged[key].Add((acknowledged, now));
        if (acknowledged > Acknowledged(key))
        {
            _acknowledged[key] = acknowledged;
        }
    }

    /// <summary>
    /// With all copies of a key its last values were lost: clients work on with what was kept, and what was acknowledged after that is gone.
    /// </summary>
    /// <param name="key">The key.</param>
    /// <param name="value">What was kept; null if nothing.</param>
    /// <param name="version">Its version.</param>
    /// <param name="from">The view since which it is so.</param>
    /// <param name="step">When the key was served again.</param>
    public void Lose(string key, string? value, NodeVersion version, Epoch from, long step)
    {
        _lost[key] = (version, from.Packed);
        _losses[key].Add((step, value));
        _acknowledged[key] = version;
        _allAcknowledged[key].RemoveAll(a => a.Version > version);
    }

    /// <summary>When the first write was acknowledged of those that are missing; null if none is.</summary>
    /// <param name="key">The key.</param>
    /// <param name="version">What is there; null if nothing is. So it may be after a delete, or after a value's time.</param>
    public TimeSpan? FirstMissing(string key, NodeVersion? version)
    {
        var there = version ?? _highestGoing.GetValueOrDefault(key);
        return _allAcknowledged[key].Where(a => a.Version > there).Select(a => (TimeSpan?)a.At).Min();
    }

    /// <summary>
    /// What clients were told of a key, from one loss of its last values to the next; each begins with what was kept. An operation that
    /// was under way meanwhile may have taken effect before, after, both or not at all, whatever came of it.
    /// </summary>
    public IEnumerable<IReadOnlyList<Operation>> ErasOf(string key)
    {
        long from = -1;
        List<Operation> kept = [];
        foreach (var (step, value) in _losses[key])
        {
            yield return [.. kept, .. Between(from, step)];
            (from, kept) = (step, [new Operation(OperationKind.Write, value, null, -1, step, OperationOutcome.Ok)]);
        }

        yield return [.. kept, .. Between(from, long.MaxValue)];

        IEnumerable<Operation> Between(long start, long end) => _operations[key]
            .Where(o => o.Start < end && (o.Outcome == OperationOutcome.Unknown || o.End >= start))
            .Select(o => o.Start >= start && o.End < end ? o : o with { Outcome = OperationOutcome.Unknown });
    }

    public IReadOnlyList<Operation> Of(string key) => _operations[key];

    public void Add(string key, Operation operation, EntryVersion? version)
    {
        _operations[key].Add(operation);
        if (version is { } seen && operation.Value is { } value)
        {
            _versions[key].Add((seen, value));
        }
    }

    /// <summary>
    /// The value is stored for a time: from when it was asked for it may go at any moment, as if somebody deleted it. The
    /// balancers' clocks differ, so nothing is said here about when; but a <see cref="LongLife"/> is longer than any run, however wrong they are.
    /// </summary>
    public void AddExpiry(string key, Operation write, TimeSpan asked, TimeSpan life)
    {
        if (life >= LongLife)
        {
            return;
        }

        _operations[key].Add(new Operation(OperationKind.WriteIfMatch, null, write.Value, write.Start, 0, OperationOutcome.Unknown));
        _expiries[(key, write.Value!)] = asked + life;
    }

    /// <summary>When the value should have expired by a right clock; null if it stays.</summary>
    public TimeSpan? ExpiryOf(string key, string value) => _expiries.TryGetValue((key, value), out var due) ? due : null;

    /// <summary>One of the latest versions that a client was told, and the value it stands for; most often the last.</summary>
    public (EntryVersion? Version, string? Value) SomeVersion(string key, Random random)
    {
        var seen = _versions[key];
        var back = random.Next(2) == 0 ? 0 : random.Next(VersionsKept);
        return seen.Count > back ? seen[^(back + 1)] : (null, null);
    }
}
