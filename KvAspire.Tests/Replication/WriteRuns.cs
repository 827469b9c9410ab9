using System.Text;
using System.Threading.Channels;
using KvAspire.Balancer.Replication;
using KvAspire.Balancer.Store;

namespace KvAspire.Tests.Replication;

/// <summary>Lines whose writes run until the test ends them.</summary>
internal sealed class WriteRuns
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly Channel<PendingWrite> _started = Channel.CreateUnbounded<PendingWrite>();
    private readonly Dictionary<PendingWrite, TaskCompletionSource> _ends = [];

    private ulong _lastVersion;

    public WriteRuns() => Lines = new WriteLines(RunAsync);

    public WriteLines Lines { get; }

    /// <summary>A write that begins at once is begun when <see cref="WriteLines.Add"/> returns.</summary>
    public bool AnyStarted => _started.Reader.TryPeek(out _);

    public static PendingWrite Plain(string key, int slot = 1) => new(slot, Encoding.UTF8.GetBytes(key), new WriteCommand("v"u8.ToArray()), 0);

    public static PendingWrite Conditional(string key, int slot = 1) =>
        new(slot, Encoding.UTF8.GetBytes(key), new WriteCommand("v"u8.ToArray(), Condition: WriteCondition.Exists), 0);

    public static WriteOutcome Outcome(ulong counter) => new(true, new EntryVersion(1, counter), false, 2, 2);

    public PendingWrite[] Add(params PendingWrite[] writes)
    {
        foreach (var write in writes)
        {
            Lines.Add(write);
        }

        return writes;
    }

    public async Task<PendingWrite> NextStartedAsync() => await _started.Reader.ReadAsync().AsTask().WaitAsync(Limit);

    public void End(PendingWrite write, WriteOutcome outcome)
    {
        write.TrySetResult(outcome);
        EndOf(write).SetResult();
    }

    /// <summary>Gives the write, and those merged into it, the next versions, and ends it as acknowledged.</summary>
    public void End(PendingWrite write)
    {
        Lines.GiveVersion(write, () => (new EntryVersion(1, ++_lastVersion), 1));
        End(write, Outcome(_lastVersion));
    }

    public void Fail(PendingWrite write, Exception reason)
    {
        write.TrySetException(reason);
        EndOf(write).SetResult();
    }

    private Task RunAsync(PendingWrite write)
    {
        var end = EndOf(write);
        _started.Writer.TryWrite(write);
        return end.Task;
    }

    private TaskCompletionSource EndOf(PendingWrite write)
    {
        lock (_ends)
        {
            if (!_ends.TryGetValue(write, out var end))
            {
                end = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                _ends.Add(write, end);
            }

            return end;
        }
    }
}
