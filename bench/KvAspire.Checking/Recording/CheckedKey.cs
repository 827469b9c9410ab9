namespace KvAspire.Checking.Recording;

/// <summary>A key that several clients work on, with the ETags that they have been told. Used by many clients at once.</summary>
/// <param name="name">Its name; no other key of the store has it.</param>
internal sealed class CheckedKey(string name)
{
    private const int EntityTagsKept = 4;

    private readonly Lock _lock = new();
    private readonly List<(string EntityTag, string Value)> _entityTags = [];
    private int _operations;
    private int _unknown;

    public string Name => name;

    /// <summary>Counts an operation that begins.</summary>
    /// <returns>How many there are with this one.</returns>
    public int Begin() => Interlocked.Increment(ref _operations);

    /// <summary>Counts an operation of unknown outcome.</summary>
    public void AddUnknown() => Interlocked.Increment(ref _unknown);

    public int Unknown => Volatile.Read(ref _unknown);

    /// <summary>Remembers what an ETag stands for.</summary>
    public void See(string entityTag, string value)
    {
        lock (_lock)
        {
            _entityTags.Add((entityTag, value));
            if (_entityTags.Count > EntityTagsKept)
            {
                _entityTags.RemoveAt(0);
            }
        }
    }

    /// <summary>One of the last ETags and its value, half of the time the very last; null if there is none.</summary>
    public (string EntityTag, string Value)? SomeEntityTag(Random random)
    {
        lock (_lock)
        {
            return _entityTags.Count == 0 ? null
                : _entityTags[random.Next(2) == 0 ? ^1 : random.Next(_entityTags.Count)];
        }
    }
}
