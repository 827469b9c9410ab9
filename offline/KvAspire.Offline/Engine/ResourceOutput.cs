using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace KvAspire.Offline;

/// <summary>
/// Shows what the resources write, each line under the resource's name. A test shows nothing. The last lines are kept, for the
/// dashboard and for whoever has to explain why a process ended.
/// </summary>
internal sealed class ResourceOutput(EngineOptions options)
{
    private const int Kept = 1_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Log> _logs = [];

    /// <summary>Takes a line of a resource.</summary>
    public void Write(string resource, string text)
    {
        lock (_lock)
        {
            var log = LogOf(resource);
            var line = new OutputLine(++log.Count, text);
            log.Lines.Enqueue(line);
            if (log.Lines.Count > Kept)
            {
                log.Lines.Dequeue();
            }

            foreach (var watcher in log.Watchers)
            {
                watcher.Writer.TryWrite(line);
            }

            if (!options.IsTest)
            {
                Console.Out.WriteLine($"{resource,-10}| {text}");
            }
        }
    }

    /// <summary>The last lines of a resource, oldest first.</summary>
    public string Last(string resource, int lines)
    {
        lock (_lock)
        {
            return string.Join(Environment.NewLine, LogOf(resource).Lines.TakeLast(lines).Select(l => l.Text));
        }
    }

    /// <summary>The lines of a resource that are kept, then each new one.</summary>
    /// <param name="resource">The resource's name.</param>
    /// <param name="follow">Whether to go on with new ones.</param>
    /// <param name="cancellationToken">Ends the watch.</param>
    public async IAsyncEnumerable<OutputLine> WatchAsync(
        string resource, bool follow, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var channel = Channel.CreateUnbounded<OutputLine>();
        lock (_lock)
        {
            var log = LogOf(resource);
            foreach (var line in log.Lines)
            {
                channel.Writer.TryWrite(line);
            }

            if (follow)
            {
                log.Watchers.Add(channel);
            }
            else
            {
                channel.Writer.Complete();
            }
        }

        try
        {
            await foreach (var line in channel.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                yield return line;
            }
        }
        finally
        {
            lock (_lock)
            {
                LogOf(resource).Watchers.Remove(channel);
            }
        }
    }

    private Log LogOf(string resource)
    {
        if (!_logs.TryGetValue(resource, out var log))
        {
            _logs[resource] = log = new Log();
        }

        return log;
    }

    private sealed class Log
    {
        public int Count { get; set; }

        public Queue<OutputLine> Lines { get; } = [];

        public List<Channel<OutputLine>> Watchers { get; } = [];
    }
}

/// <summary>A line that a resource wrote.</summary>
/// <param name="Number">Its number, from 1.</param>
/// <param name="Text">Its text.</param>
internal sealed record OutputLine(int Number, string Text);
