namespace KvAspire.Load.Verification;

/// <summary>What a read says about a key, given all that is known of it.</summary>
internal enum Observation
{
    /// <summary>The last acknowledged write, or the last one that was read.</summary>
    Expected,

    /// <summary>A write whose outcome was open until now.</summary>
    Settled,

    /// <summary>
    /// As <see cref="Settled"/>, but seen after a later write was acknowledged: the request had got stuck on its way and
    /// arrived late. Linearizability allows it.
    /// </summary>
    Late,

    /// <summary>An older state: a later write was acknowledged or read before.</summary>
    Stale,

    /// <summary>Nothing, where a value must be.</summary>
    Lost,

    /// <summary>A write that the store had refused.</summary>
    Refused,

    /// <summary>A write that was never made.</summary>
    NeverWritten,
}

/// <summary>
/// All that one worker knows of one of its keys: the state that must be there, and the writes whose outcome is open.
/// </summary>
/// <remarks>
/// Writes of a key are numbered from 1 and made one after another; 0 is the absence that the run began with. A write
/// with an open outcome may show up at any time, but only once: after it, or any later write in the store's own order,
/// was read, nothing older may be. A store that <em>answered</em> that the outcome is open has given the write its place
/// in the order, so that it cannot come after writes that were made later. A request that got no answer at all has no
/// such place: it may still be on its way.
/// </remarks>
internal sealed class KeyModel
{
    private readonly record struct Write(int Number, bool IsValue, bool Placed);

    private Write _current = new(0, IsValue: false, Placed: true);
    private List<Write>? _open;
    private List<int>? _refused;

    /// <summary>The number of the last write that was begun.</summary>
    public int LastWrite { get; private set; }

    /// <summary>The write that must be seen if no open one is; 0 for none yet.</summary>
    public int Current => _current.Number;

    /// <summary>The key has a value, unless an open write says otherwise.</summary>
    public bool HasValue => _current.IsValue;

    public bool MayHaveValue => _current.IsValue || (_open?.Exists(write => write.IsValue) ?? false);

    public bool MayBeAbsent => !_current.IsValue || (_open?.Exists(write => !write.IsValue) ?? false);

    /// <summary>How many writes may still show up.</summary>
    public int OpenWrites => _open?.Count ?? 0;

    /// <summary>Begins a write.</summary>
    /// <returns>Its number.</returns>
    public int Begin() => ++LastWrite;

    /// <summary>The store acknowledged the last write.</summary>
    /// <param name="isValue">False for a deletion.</param>
    public void Acknowledge(bool isValue) => Settle(new Write(LastWrite, isValue, Placed: true));

    /// <summary>The last write may or may not take effect.</summary>
    /// <param name="isValue">False for a deletion.</param>
    /// <param name="placed">The store has answered, so that the write is before any later one.</param>
    public void LeaveOpen(bool isValue, bool placed) => (_open ??= []).Add(new Write(LastWrite, isValue, placed));

    /// <summary>The last write does not take effect: the store said so, or never saw it.</summary>
    public void Refuse() => (_refused ??= []).Add(LastWrite);

    /// <summary>A read found the value of a write.</summary>
    public Observation SeeValue(int number)
    {
        if (_current.IsValue && number == _current.Number)
        {
            return Observation.Expected;
        }

        var open = _open?.FindIndex(write => write.IsValue && write.Number == number) ?? -1;
        if (open >= 0)
        {
            return SettleOpen(open);
        }

        return number < 1 || number > LastWrite ? Observation.NeverWritten
            : _refused?.Contains(number) ?? false ? Observation.Refused
            : Observation.Stale;
    }

    /// <summary>A read found nothing.</summary>
    public Observation SeeAbsent()
    {
        if (!_current.IsValue)
        {
            return Observation.Expected;
        }

        var deletions = _open?.FindAll(write => !write.IsValue) ?? [];
        if (deletions.Count == 0)
        {
            return Observation.Lost;
        }

        if (deletions.Count == 1)
        {
            return SettleOpen(_open!.IndexOf(deletions[0]));
        }

        // Which of them it was cannot be told: all that was possible stays possible.
        var late = deletions.TrueForAll(write => write.Number < _current.Number);
        _current = deletions[0];
        return late ? Observation.Late : Observation.Settled;
    }

    private Observation SettleOpen(int index)
    {
        var write = _open![index];
        var observation = write.Number < _current.Number ? Observation.Late : Observation.Settled;
        _open.RemoveAt(index);
        Settle(write);
        return observation;
    }

    private void Settle(Write write)
    {
        _current = write;
        _open?.RemoveAll(other => other.Placed && other.Number < write.Number);
    }
}
