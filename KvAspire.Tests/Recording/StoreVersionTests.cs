using KvAspire.Checking;

namespace KvAspire.Tests.Recording;

public sealed class StoreVersionTests
{
    [Theory]
    [InlineData("\"1.2.3\"", 1u, 2u, 3ul)]
    [InlineData("\"4294967295.4294967295.18446744073709551615\"", uint.MaxValue, uint.MaxValue, ulong.MaxValue)]
    public void TryParseEntityTag_OfTheStore_IsItsVersion(string entityTag, uint term, uint revision, ulong counter)
    {
        Assert.True(StoreVersion.TryParseEntityTag(entityTag, out var version));

        Assert.Equal(new StoreVersion(term, revision, counter), version);
        Assert.Equal(entityTag, $"\"{version}\"");
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("\"")]
    [InlineData("1.2.3")]
    [InlineData("W/\"1.2.3\"")]
    [InlineData("\"1.2\"")]
    [InlineData("\"1.2.3.4\"")]
    [InlineData("\"1.-2.3\"")]
    [InlineData("\"4294967296.1.1\"")]
    public void TryParseEntityTag_AnythingElse_IsRefused(string? entityTag)
    {
        Assert.False(StoreVersion.TryParseEntityTag(entityTag, out var version));

        Assert.True(version.IsNone);
    }
}
