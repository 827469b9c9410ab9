using System.Collections.Concurrent;
using KvAspire.Load.Running;

namespace KvAspire.Tests.Load;

/// <summary>Nodes whose cluster takes a few questions to notice a change.</summary>
internal sealed class FakeNodes(params string[] names) : INodeControl
{
    private const int AnswersUntilNoticed = 3;

    private readonly ConcurrentDictionary<string, bool> _away = new();
    private int _answersSinceChange = AnswersUntilNoticed;
    private bool _whole = true;

    public bool StaysIncomplete { get; init; }

    public bool WasKilledWhileNotWhole { get; private set; }

    public ConcurrentQueue<string> Events { get; } = new();

    public IReadOnlyList<string> Nodes => names;

    public Task KillAsync(string node)
    {
        WasKilledWhileNotWhole |= !_whole || !_away.IsEmpty;
        Change("kill", node);
        _away[node] = true;
        return Task.CompletedTask;
    }

    public void Start(string node)
    {
        Change("start", node);
        _away.TryRemove(node, out _);
    }

    /// <summary>As <c>GET /cluster</c> answers.</summary>
    public string Describe()
    {
        var noticed = Interlocked.Increment(ref _answersSinceChange) > AnswersUntilNoticed;
        var killed = Events.LastOrDefault()?.StartsWith("kill", StringComparison.Ordinal) ?? false;
        if (noticed)
        {
            _whole = !killed && !(StaysIncomplete && !Events.IsEmpty);
        }

        var states = names.Select(name => $$"""{"name":"{{name}}","state":"{{(noticed && _away.ContainsKey(name) ? "down" : "active")}}"}""");
        return $$"""
            {"state":"serving","detail":"","slots":{"total":1024,"fullyReplicated":{{(_whole ? 1024 : 1000)}},"missingCopies":{{(_whole ? 0 : 24)}},"unavailable":0},
             "nodes":[{{string.Join(',', states)}}],"moves":[]}
            """;
    }

    private void Change(string what, string node)
    {
        Events.Enqueue($"{what} {node}");
        _answersSinceChange = 0;
    }
}
