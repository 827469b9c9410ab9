using System.Diagnostics;
using KvAspire.Load.Client;
using KvAspire.Load.Joining;
using KvAspire.Load.Measuring;
using KvAspire.Load.Verification;
using KvAspire.Load.Work;

namespace KvAspire.Load.Running;

/// <summary>Makes one request after another on the keys that it owns, and has each answer judged.</summary>
internal sealed class Worker : IDisposable
{
    /// <summary>A store that refuses is not asked as fast as the driver can.</summary>
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromMilliseconds(50);

    private readonly StoreClient _client;
    private readonly Workload _workload;
    private readonly Verifier _verifier;
    private readonly ReceiveBuffer _buffer = new();
    private readonly Deadline _deadline;
    private readonly CancellationToken _cancelled;
    private readonly byte[] _value;
    private readonly string[] _names;
    private readonly KeyModel[] _models;

    /// <param name="number">From 0.</param>
    /// <param name="client">Shared by all workers.</param>
    /// <param name="workload">What to do.</param>
    /// <param name="keys">Which keys are the worker's own.</param>
    /// <param name="valueSize">Bytes of a value.</param>
    /// <param name="timeLimit">For each request.</param>
    /// <param name="cancelled">Ends the run at once.</param>
    public Worker(int number, StoreClient client, Workload workload, KeySpace keys, int valueSize, TimeSpan timeLimit, CancellationToken cancelled)
    {
        Number = number;
        _client = client;
        _workload = workload;
        _verifier = new Verifier(valueSize);
        _deadline = new Deadline(timeLimit, cancelled);
        _cancelled = cancelled;
        _value = new byte[valueSize];
        _names = [.. Enumerable.Range(0, keys.CountFor(number)).Select(index => keys.Name(number, index))];
        _models = [.. _names.Select(_ => new KeyModel())];
    }

    public int Number { get; }

    /// <summary>Sets each key once.</summary>
    public Task PreloadAsync(Tally tally) => SweepAsync(OperationKind.Set, tally);

    /// <summary>Reads each key once.</summary>
    public Task ReadAllAsync(Tally tally) => SweepAsync(OperationKind.Get, tally);

    /// <summary>Works through the workload.</summary>
    /// <param name="goesOn">Asked before each request, with the number of those made.</param>
    /// <param name="tally">Where to count.</param>
    public async Task RunAsync(Func<long, bool> goesOn, Tally tally)
    {
        for (long made = 0; goesOn(made); made++)
        {
            await MakeAsync(_workload.Next(), tally);
        }
    }

    /// <summary>
    /// Works through the workload at a pace, in an open loop: a request that was due while the one before was still under
    /// way counts from when it was due, so that one slow answer makes slow all that wait behind it.
    /// </summary>
    /// <param name="pace">When each request is due.</param>
    /// <param name="phase">Where to count, asked before each request; null ends the work.</param>
    public async Task RunAsync(Pace pace, Func<Tally?> phase)
    {
        for (long made = 0; ; made++)
        {
            var due = pace.Due(Number, made);
            var isLate = await Pace.WaitAsync(due, _cancelled);
            if (phase() is not { } tally)
            {
                return;
            }

            await MakeAsync(_workload.Next(), tally, isLate ? due : null);
        }
    }

    public void Dispose() => _deadline.Dispose();

    private async Task SweepAsync(OperationKind kind, Tally tally)
    {
        for (var key = 0; key < _names.Length; key++)
        {
            await MakeAsync(new Operation(kind, key), tally);
        }
    }

    private async Task MakeAsync(Operation operation, Tally tally, long? due = null)
    {
        _cancelled.ThrowIfCancellationRequested();
        var (kind, key) = operation;
        var name = _names[key];
        var model = _models[key];
        var write = kind == OperationKind.Get ? 0 : model.Begin();
        if (kind == OperationKind.Set)
        {
            TestValue.Fill(name, write, _value);
        }

        var begun = due ?? Stopwatch.GetTimestamp();
        var answer = await (kind switch
        {
            OperationKind.Set => _client.SetAsync(name, _value, _buffer, _deadline),
            OperationKind.Get => _client.GetAsync(name, _buffer, _deadline),
            _ => _client.DeleteAsync(name, _buffer, _deadline),
        });
        var took = Stopwatch.GetElapsedTime(begun);
        var verdict = _verifier.Judge(kind, name, model, answer);
        tally.Add(kind, answer.Label, took, verdict);
        if (verdict.IsWrong)
        {
            tally.Describe($"{verdict.Kind}: key {name} (worker {Number}): {verdict.Detail}.");
        }

        if (verdict.Kind == VerdictKind.Failed)
        {
            await Task.Delay(PauseAfterFailure, _cancelled);
        }
    }
}
