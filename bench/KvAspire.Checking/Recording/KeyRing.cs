using System.Globalization;

namespace KvAspire.Checking.Recording;

/// <summary>
/// The keys that clients share. A key is replaced by a new one after some operations, or when the outcomes of too many
/// are unknown: so the history of each stays short enough to be checked, however long the run is. The names of those that were replaced are kept,
/// to be read again.
/// </summary>
/// <param name="prefix">What the names begin with: tells this run's keys from those of others on the same store.</param>
/// <param name="width">How many keys are in use at a time.</param>
/// <param name="operationsPerKey">After how many operations a key is replaced.</param>
/// <param name="unknownPerKey">After how many operations of unknown outcome a key is replaced.</param>
/// <param name="hotShare">The share of the work that one of the places gets beside its own: writes of a key that many work on wait for each other.</param>
internal sealed class KeyRing(string prefix, int width, int operationsPerKey = 200, int unknownPerKey = 6, double hotShare = 0)
{
    private readonly Lock _lock = new();
    private readonly CheckedKey?[] _keys = new CheckedKey?[width];
    private readonly List<string> _retired = [];
    private int _made;

    /// <summary>A key to work on next.</summary>
    public CheckedKey Take(Random random) => Take(hotShare > 0 && random.NextDouble() < hotShare ? 0 : random.Next(width));

    private CheckedKey Take(int place)
    {
        lock (_lock)
        {
            var key = _keys[place] ??= Make();
            if (key.Begin() > operationsPerKey || key.Unknown >= unknownPerKey)
            {
                _retired.Add(key.Name);
                key = _keys[place] = Make();
                key.Begin();
            }

            return key;
        }
    }

    /// <summary>The name of a key that is in use; null if nobody has begun.</summary>
    public string? SomeName(double choice)
    {
        lock (_lock)
        {
            return _keys[Math.Min((int)(choice * width), width - 1)]?.Name;
        }
    }

    /// <summary>The name of a key that has been replaced; null if there is none.</summary>
    public string? SomeRetired(Random random)
    {
        lock (_lock)
        {
            return _retired.Count == 0 ? null : _retired[random.Next(_retired.Count)];
        }
    }

    private CheckedKey Make() => new(string.Create(CultureInfo.InvariantCulture, $"{prefix}-{++_made}"));
}
