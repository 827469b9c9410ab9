using KvAspire.ServiceDefaults;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace KvAspire.Tests.Hosting;

public sealed class ListenAddressesTests
{
    [Fact]
    public void Read_NothingConfigured_IsEmpty() => Assert.Empty(Read());

    [Fact]
    public void Read_Urls_ComeBeforePorts() =>
        Assert.Equal(["http://localhost:5000", "http://[::1]:5001"], Read(("urls", "http://localhost:5000/; http://[::1]:5001"), ("http_ports", "8080")));

    [Fact]
    public void Read_PortsWithoutUrls_AreThoseOfAllInterfaces() =>
        Assert.Equal(["http://*:8080", "http://*:8081", "https://*:8443"], Read(("urls", ""), ("http_ports", "8080;8081"), ("https_ports", "8443")));

    [Theory]
    [InlineData("urls", "foo")]
    [InlineData("urls", "http://localhost:abc")]
    [InlineData("urls", "http://localhost:65536")]
    [InlineData("urls", "http://localhost:0")]
    [InlineData("urls", "http://localhost:5000/kv")]
    [InlineData("http_ports", "http")]
    [InlineData("http_ports", "65536")]
    public void Read_NoAddress_SaysWhatToChange(string key, string value)
    {
        var refused = Assert.Throws<OptionsValidationException>(() => Read((key, value)));

        Assert.StartsWith($"{key} has '{value}', which is no ", Assert.Single(refused.Failures), StringComparison.Ordinal);
    }

    private static IEnumerable<string> Read(params (string Key, string? Value)[] settings) => ListenAddresses
        .Read(new ConfigurationBuilder().AddInMemoryCollection(settings.Select(s => KeyValuePair.Create(s.Key, s.Value))).Build())
        .Select(a => a.ToString());
}
