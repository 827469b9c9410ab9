using System.Globalization;
using KvAspire.Checking.Histories;

namespace KvAspire.Checking.Recording;

/// <summary>
/// One client that works on shared keys, one operation after another, and records what it is told: reads, writes, deletes,
/// and writes on every condition that the API has; some values for a time only. Now and then it reads a key that nobody works on any more.
/// </summary>
/// <param name="number">Its number in the history; no other client of the run has it.</param>
/// <param name="keys">The keys, shared with the other clients.</param>
/// <param name="history">Where to record.</param>
/// <param name="clock">The run's clock.</param>
/// <param name="random">The client's own.</param>
internal sealed class RecordingClient(int number, KeyRing keys, History history, RunClock clock, Random random)
{
    /// <summary>One step in so many reads a key that has been replaced.</summary>
    private const int StepsPerRetired = 20;

    /// <summary>One value in so many is for a time only.</summary>
    private const int ValuesPerTimed = 20;

    private int _writes;

    /// <summary>Makes one operation on some key.</summary>
    public async Task<CallResult> StepAsync(HttpClient http, CancellationToken cancelled)
    {
        if (random.Next(StepsPerRetired) == 0 && keys.SomeRetired(random) is { } retired)
        {
            return await ReadAsync(http, retired, cancelled);
        }

        var key = keys.Take(random);
        var kind = random.Next(20) switch
        {
            < 9 => OperationKind.Read,
            < 13 => OperationKind.Write,
            13 or 14 => OperationKind.WriteIfExists,
            15 => OperationKind.WriteIfAbsent,
            16 => OperationKind.WriteIfNoMatch,
            _ => OperationKind.WriteIfMatch,
        };
        var known = kind is OperationKind.WriteIfMatch or OperationKind.WriteIfNoMatch ? key.SomeEntityTag(random) : null;
        if (kind is OperationKind.WriteIfMatch or OperationKind.WriteIfNoMatch && known is null)
        {
            kind = OperationKind.Read;
        }

        // DELETE is a write of nothing on the condition that there is something.
        var isDelete = (kind == OperationKind.WriteIfExists && random.Next(2) == 0) || (kind == OperationKind.WriteIfMatch && random.Next(5) == 0);
        var value = kind == OperationKind.Read || isDelete ? null : string.Create(CultureInfo.InvariantCulture, $"{number}.{++_writes}");
        TimeSpan? timeToLive = value is not null && random.Next(ValuesPerTimed) == 0 ? SomeTimeToLive() : null;
        return await MakeAsync(http, key, kind, value, known, timeToLive, cancelled);
    }

    /// <summary>Reads a key once and records it.</summary>
    public Task<CallResult> ReadAsync(HttpClient http, string key, CancellationToken cancelled) =>
        MakeAsync(http, new CheckedKey(key), OperationKind.Read, null, null, null, cancelled);

    /// <summary>
    /// Half of them end while others work on the key. Of the others the checker can tell both that they are there long enough and that they go: it allows
    /// for seconds either way.
    /// </summary>
    private TimeSpan SomeTimeToLive() => random.Next(2) == 0
        ? TimeSpan.FromMilliseconds(random.Next(50, 3000))
        : TimeSpan.FromMilliseconds(random.Next(60_000, 120_000));

    private async Task<CallResult> MakeAsync(
        HttpClient http,
        CheckedKey key,
        OperationKind kind,
        string? value,
        (string EntityTag, string Value)? known,
        TimeSpan? timeToLive,
        CancellationToken cancelled)
    {
        var start = clock.Now;
        CallResult told;
        try
        {
            told = await StoreCall.MakeAsync(http, key.Name, kind, value, known?.EntityTag, timeToLive, cancelled);
        }
        catch (OperationCanceledException)
        {
            // The request may have left.
            Record(new CallResult(OperationOutcome.Unknown));
            throw;
        }

        Record(told);
        return told;

        void Record(CallResult result)
        {
            var (outcome, read, entityTag, status) = result;
            var written = kind == OperationKind.Read ? read : value;
            if (outcome is null || (kind == OperationKind.Read && outcome == OperationOutcome.Unknown))
            {
                return;
            }

            // 201 says that there was no value, whether or not that was asked for. 204 to a write without a condition says nothing: see StatusChecker.
            var recorded = kind == OperationKind.Write && status == WriteStatus.Created ? OperationKind.WriteIfAbsent : kind;
            history.Add(key.Name, new Operation(recorded, written, known?.Value, start, outcome == OperationOutcome.Unknown ? 0 : clock.Now, outcome.Value)
            {
                Client = number,
                TimeToLive = timeToLive is { } life ? (long)life.TotalMicroseconds : null,
                Version = outcome == OperationOutcome.Ok ? result.Version : default,
                Status = status,
            });
            if (outcome == OperationOutcome.Unknown)
            {
                key.AddUnknown();
            }
            else if (entityTag is not null && written is not null)
            {
                key.See(entityTag, written);
            }
        }
    }
}
