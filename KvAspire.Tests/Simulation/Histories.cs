using KvAspire.Balancer.Store;
using KvAspire.Tests.Checking;

namespace KvAspire.Tests.Simulation;

/// <summary>What all clients were told, key by key, with the versions that they have seen.</summary>
internal sealed class Histories(IReadOnlyList<string> keys)
{
    private const int VersionsKept = 4;

    private readonly Dictionary<string, List<Operation>> _operations = keys.ToDictionary(k => k, _ => new List<Operation>());
    private readonly Dictionary<string, List<(EntryVersion Version, string Value)>> _versions = keys.ToDictionary(k => k, _ => new List<(EntryVersion, string)>());

    public IReadOnlyList<string> Keys => keys;

    public int Count => _operations.Values.Sum(o => o.Count);

    public int Unknown => _operations.Values.Sum(o => o.Count(x => x.Outcome == OperationOutcome.Unknown));

    public IReadOnlyList<Operation> Of(string key) => _operations[key];

    public void Add(string key, Operation operation, EntryVersion? version)
    {
        _operations[key].Add(operation);
        if (version is { } seen && operation.Value is { } value)
        {
            _versions[key].Add((seen, value));
        }
    }

    /// <summary>One of the latest versions that a client was told, and the value it stands for; most often the last.</summary>
    public (EntryVersion? Version, string? Value) SomeVersion(string key, Random random)
    {
        var seen = _versions[key];
        var back = random.Next(2) == 0 ? 0 : random.Next(VersionsKept);
        return seen.Count > back ? seen[^(back + 1)] : (null, null);
    }
}
