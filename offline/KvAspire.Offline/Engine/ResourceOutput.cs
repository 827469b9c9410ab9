using System.Collections.Concurrent;

namespace KvAspire.Offline;

/// <summary>
/// Shows what the resources write, each line under the resource's name. A test shows nothing; the last lines are kept for whoever
/// has to explain why a process ended.
/// </summary>
internal sealed class ResourceOutput(EngineOptions options)
{
    private const int Kept = 60;

    private readonly ConcurrentDictionary<string, ConcurrentQueue<string>> _lines = new();
    private readonly Lock _console = new();

    public void Write(string resource, string line)
    {
        var lines = _lines.GetOrAdd(resource, _ => new());
        lines.Enqueue(line);
        while (lines.Count > Kept)
        {
            lines.TryDequeue(out _);
        }

        if (!options.IsTest)
        {
            lock (_console)
            {
                Console.Out.WriteLine($"{resource,-10}| {line}");
            }
        }
    }

    /// <summary>The last lines of a resource, oldest first.</summary>
    public string Last(string resource) => string.Join(Environment.NewLine, _lines.GetValueOrDefault(resource) ?? []);
}
