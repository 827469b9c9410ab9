using KvAspire.Balancer.Cluster;
using KvAspire.Balancer.Store;

namespace KvAspire.Tests.Cluster;

public sealed class VersionTests
{
    [Theory]
    [InlineData("0.0.0", "0.0.1")]
    [InlineData("0.0.18446744073709551615", "0.1.0")]
    [InlineData("0.4294967295.7", "1.0.0")]
    [InlineData("1.4294967295.9", "2.0.0")]
    [InlineData("4294967295.0.0", "4294967295.0.1")]
    public void Compare_LowerAndHigher_TermGoesFirstThenRevisionThenCounter(string lower, string higher)
    {
        var (low, high) = (Parse(lower), Parse(higher));

        Assert.True(low < high && low <= high && high > low && high >= low);
        Assert.False(high < low || high <= low || low > high || low >= high);
        Assert.Equal(lower, low.ToString());
        Assert.Equal(higher, high.ToString());

        // The node has a type of its own for the same thing; the two must agree.
        var (nodeLow, nodeHigh) = (ToNode(low), ToNode(high));
        Assert.True(nodeLow < nodeHigh && nodeLow <= nodeHigh && nodeHigh > nodeLow && nodeHigh >= nodeLow);
        Assert.Equal(lower, nodeLow.ToString());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("1.2")]
    [InlineData("1.2.3.4")]
    [InlineData("1..3")]
    [InlineData("-1.2.3")]
    [InlineData("+1.2.3")]
    [InlineData(" 1.2.3")]
    [InlineData("1.2.3 ")]
    [InlineData("1,000.2.3")]
    [InlineData("0x1.2.3")]
    [InlineData("4294967296.0.0")]
    [InlineData("0.4294967296.0")]
    [InlineData("0.0.18446744073709551616")]
    public void TryParse_NotAVersion_IsFalse(string? text)
    {
        Assert.False(EntryVersion.TryParse(text, out var version));
        Assert.Equal(default, version);
    }

    [Fact]
    public void Epoch_PackedAndNext_KeepTheOrder()
    {
        var epoch = new Epoch(3, 41);

        Assert.Equal(epoch, Epoch.Unpack(epoch.Packed));
        Assert.Equal(new Epoch(3, 42), epoch.Next);
        Assert.True(new Epoch(3, uint.MaxValue) < new Epoch(4, 0));
        Assert.True(new Epoch(4, 0).Packed > new Epoch(3, uint.MaxValue).Packed);
        Assert.Equal("3.41", epoch.ToString());
    }

    private static EntryVersion Parse(string text) =>
        EntryVersion.TryParse(text, out var version) ? version : throw new FormatException(text);

    private static KvAspire.Node.Storage.EntryVersion ToNode(EntryVersion version) => new(version.Epoch, version.Counter);
}
