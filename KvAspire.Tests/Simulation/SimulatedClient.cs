using System.Globalization;
using System.Text;
using KvAspire.Balancer.Coordination;
using KvAspire.Balancer.Store;
using KvAspire.Checking;

namespace KvAspire.Tests.Simulation;

/// <summary>A client that works on a few keys, one operation after another, and records what it is told.</summary>
internal sealed class SimulatedClient(int number, SimulatedProcess process, Simulation simulation, TimeSpan patience)
{
    private readonly SimulatedScheduler _scheduler = simulation.Scheduler;
    private readonly SimulatedNetwork _network = simulation.Network;
    private readonly List<SimulatedBalancer> _balancers = simulation.Balancers;
    private readonly Histories _histories = simulation.Histories;
    private readonly List<string> _keys = [.. simulation.Histories.Keys.Where(k => k != simulation.ScriptKey)];
    private int _balancer;
    private int _writes;

    public async Task RunAsync(Func<bool> isOver, double meanPause)
    {
        _balancer = number;
        while (!isOver())
        {
            await Task.Delay(_scheduler.Between(0, meanPause * 2), process.Time);
            await StepAsync(_keys[_scheduler.Random.Next(_keys.Count)]);
        }
    }

    /// <summary>Reads until it is answered; false if the time is up before.</summary>
    public async Task<bool> ReadAsync(string key, TimeSpan limit)
    {
        var end = _scheduler.Now + limit;
        while (_scheduler.Now < end)
        {
            if (await DoAsync(key, OperationKind.Read, null, null, null))
            {
                return true;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(200), process.Time);
        }

        return false;
    }

    private async Task StepAsync(string key)
    {
        var random = _scheduler.Random;
        var (version, expected) = _histories.SomeVersion(key, random);
        var value = random.Next(4) == 0 ? null : string.Create(CultureInfo.InvariantCulture, $"{number}.{++_writes}");
        var kind = random.Next(12) switch
        {
            < 4 => OperationKind.Read,
            < 7 => OperationKind.Write,
            7 => OperationKind.WriteIfExists,
            8 => OperationKind.WriteIfAbsent,
            9 when expected is not null => OperationKind.WriteIfNoMatch,
            _ when expected is not null => OperationKind.WriteIfMatch,
            _ => OperationKind.Read,
        };
        TimeSpan? ttl = kind != OperationKind.Read && value is not null && _histories.HaveTimesToLive && random.Next(4) == 0 ? SomeLife() : null;
        await DoAsync(key, kind, kind == OperationKind.Read ? null : value, expected, version, ttl);
    }

    /// <summary>A short one, or one that does not end, each half of the time.</summary>
    private TimeSpan SomeLife()
    {
        var life = _scheduler.Between(0.05, 3);
        return long.IsEvenInteger(life.Ticks) ? life : Histories.LongLife;
    }

    /// <summary>One operation; false if it was not answered with an outcome.</summary>
    private async Task<bool> DoAsync(
        string key, OperationKind kind, string? value, string? expected, EntryVersion? version, TimeSpan? ttl = null)
    {
        var told = await AskAsync(_balancers[_balancer % _balancers.Count], key, kind, value, expected, version, ttl);
        if (told.Outcome is null or OperationOutcome.Unknown)
        {
            _balancer = _scheduler.Random.Next(_balancers.Count);
            return false;
        }

        return true;
    }

    /// <summary>One operation, asked of this balancer and recorded.</summary>
    /// <param name="balancer">Who is asked.</param>
    /// <param name="key">One of the histories' keys.</param>
    /// <param name="kind">What is asked.</param>
    /// <param name="value">What to store, of a value that no other write stores; null to delete or read.</param>
    /// <param name="expected">The value that the condition is about.</param>
    /// <param name="version">Its version.</param>
    /// <param name="ttl">For how long to store it; null for good.</param>
    public async Task<Answer> AskAsync(
        SimulatedBalancer balancer, string key, OperationKind kind, string? value = null, string? expected = null, EntryVersion? version = null, TimeSpan? ttl = null)
    {
        var asked = new Operation(kind, value, expected, _scheduler.Steps, 0, OperationOutcome.Unknown);
        var answer = new TaskCompletionSource<Answer>();
        _network.Scheduler.After(_network.Delay(), () => Arrive(balancer, key, asked, version, ttl, answer));
        Answer told;
        try
        {
            told = await answer.Task.WaitAsync(patience, process.Time);
        }
        catch (TimeoutException)
        {
            told = new Answer(OperationOutcome.Unknown);
        }

        var done = asked with { Outcome = told.Outcome ?? OperationOutcome.Unknown, End = _scheduler.Steps, Value = kind == OperationKind.Read ? told.Value : value, Version = Told(told) };
        _scheduler.Log.Write($"client{number}", $"{key}: {done}{(ttl is null ? "" : $" for {ttl.Value.TotalSeconds:0.00} s")}{(told.Outcome is null ? " (surely not done)" : "")} {told.Version} {told.Note}");
        _scheduler.Log.Count(number);
        _scheduler.Log.Count(key);
        _scheduler.Log.Count(done.Value);
        _scheduler.Log.Count(((int)done.Kind * 100) + ((int)done.Outcome * 10) + (told.Outcome is null ? 1 : 0));
        if (told.Outcome is not null)
        {
            _histories.Add(key, done, told.Version);
            if (ttl is { } life)
            {
                _histories.AddExpiry(key, done, _scheduler.Now, life);
            }
        }

        if (told.Outcome is null or OperationOutcome.Unknown)
        {
            if (!told.IsFromStandby)
            {
                _histories.AddFailure($"{key}: {done} {told.Note}");
            }
        }

        return told;
    }

    private void Arrive(
        SimulatedBalancer balancer, string key, Operation asked, EntryVersion? version, TimeSpan? ttl, TaskCompletionSource<Answer> answer)
    {
        void Reply(Answer told) => _scheduler.After(_network.Delay(), () => answer.TrySetResult(told));
        if (balancer.Process is not { IsAlive: true } server)
        {
            Reply(new Answer(null));
            return;
        }

        void Reset() => Reply(new Answer(OperationOutcome.Unknown));
        server.AtEnd(Reset);
        server.Run(async () =>
        {
            var told = balancer.Store is { } store ? await AnswerAsync(store, balancer.Coordinator!, key, asked, Command(asked, version, ttl)) : new Answer(null);
            simulation.Watch(balancer, key, asked.Kind, told.Outcome, told.Version);
            Reply(told);
            server.NotAtEnd(Reset);
        });
    }

    private async Task<Answer> AnswerAsync(IKeyValueStore store, Coordinator coordinator, string key, Operation asked, WriteCommand command)
    {
        var bytes = Encoding.UTF8.GetBytes(key);
        try
        {
            if (asked.Kind == OperationKind.Read)
            {
                var read = await store.ReadAsync(bytes, CancellationToken.None);
                return new Answer(OperationOutcome.Ok, read.Value is { } v ? Encoding.UTF8.GetString(v.Value.Span) : null, read.Value?.Version);
            }

            var wrote = await store.WriteAsync(bytes, command, CancellationToken.None);

            // A delete of what did not exist is answered with 404, as if its condition had not held.
            var isDone = wrote.Passed && (wrote.Existed || asked is not { Value: null, Kind: OperationKind.WriteIfExists or OperationKind.WriteIfMatch });
            return new Answer(isDone ? OperationOutcome.Ok : OperationOutcome.NotPassed, null, isDone ? wrote.Version : null);
        }
        catch (StoreUnavailableException e)
        {
            return new Answer(e.OutcomeUnknown ? OperationOutcome.Unknown : null)
            {
                Note = e.Message,
                IsFromStandby = !coordinator.HoldsLease && _balancers.Exists(b => b.Coordinator is { HoldsLease: true }),
            };
        }
    }

    /// <summary>The version that the answer has; none if it has no outcome.</summary>
    private static StoreVersion Told(Answer told) => told is { Outcome: OperationOutcome.Ok, Version: { } version }
        ? new StoreVersion((uint)(version.Epoch >> 32), (uint)version.Epoch, version.Counter)
        : default;

    private static WriteCommand Command(Operation asked, EntryVersion? version, TimeSpan? ttl) => new(
        asked.Value is null ? null : (ReadOnlyMemory<byte>?)Encoding.UTF8.GetBytes(asked.Value),
        TimeToLive: ttl,
        Condition: asked.Kind switch
        {
            OperationKind.WriteIfExists => WriteCondition.Exists,
            OperationKind.WriteIfAbsent => WriteCondition.Absent,
            OperationKind.WriteIfMatch => new WriteCondition(WriteConditionKind.MatchesAny, [version!.Value]),
            OperationKind.WriteIfNoMatch => new WriteCondition(WriteConditionKind.MatchesNone, [version!.Value]),
            _ => null,
        });

    /// <summary>What a client is told.</summary>
    /// <param name="Outcome">Null: it surely failed.</param>
    /// <param name="Value">What was read.</param>
    /// <param name="Version">Of what was read or written.</param>
    public sealed record Answer(OperationOutcome? Outcome, string? Value = null, EntryVersion? Version = null)
    {
        /// <summary>Why it failed.</summary>
        public string Note { get; init; } = "";

        public bool IsFromStandby { get; init; }
    }
}
