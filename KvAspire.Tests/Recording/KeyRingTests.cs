using KvAspire.Checking.Recording;

namespace KvAspire.Tests.Recording;

public sealed class KeyRingTests
{
    private readonly Random _random = new(1);

    [Fact]
    public void Take_HotShare_GoesToOneKey()
    {
        var keys = new KeyRing("key", 50, operationsPerKey: int.MaxValue, hotShare: 0.25);

        var taken = Enumerable.Range(0, 10_000).Select(_ => keys.Take(_random).Name).CountBy(n => n).Select(c => c.Value).Order().ToList();

        Assert.Equal(50, taken.Count);
        Assert.InRange(taken[^1], 2400, 2900);
        Assert.InRange(taken[^2], 100, 250);
    }

    [Fact]
    public void SomeRetired_NothingWasReplaced_IsNull()
    {
        var keys = new KeyRing("key", 1);
        keys.Take(_random);

        Assert.Null(keys.SomeRetired(_random));
    }

    [Fact]
    public void SomeRetired_KeysWereReplaced_IsAnyOfThemAndNoneInUse()
    {
        var keys = new KeyRing("key", 1, operationsPerKey: 2);
        var names = Enumerable.Range(0, 9).Select(_ => keys.Take(_random).Name).Distinct().ToList();

        var retired = Enumerable.Range(0, 200).Select(_ => keys.SomeRetired(_random)).Distinct().Order();

        Assert.Equal(5, names.Count);
        Assert.Equal(names.SkipLast(1).Order(), retired);
    }

    [Fact]
    public void Take_TooManyUnknown_ReplacesTheKey()
    {
        var keys = new KeyRing("key", 1, unknownPerKey: 2);
        var key = keys.Take(_random);
        key.AddUnknown();
        Assert.Same(key, keys.Take(_random));
        key.AddUnknown();

        Assert.NotSame(key, keys.Take(_random));
        Assert.Equal(key.Name, keys.SomeRetired(_random));
    }
}
