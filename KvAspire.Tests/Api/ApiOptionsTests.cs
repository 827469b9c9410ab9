using Microsoft.Extensions.Options;

namespace KvAspire.Tests.Api;

public sealed class ApiOptionsTests
{
    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("67108865")]
    public async Task Start_LimitOutOfRange_StopsWithOneSentence(string limit)
    {
        var failure = await Assert.ThrowsAsync<OptionsValidationException>(() => ApiHost.StartAsync("--Store:MaxValueBytes", limit));

        Assert.Contains("Store:MaxValueBytes", Assert.Single(failure.Failures), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_LimitIsNoNumber_StopsAndNamesTheSetting()
    {
        var failure = await Assert.ThrowsAnyAsync<Exception>(() => ApiHost.StartAsync("--Store:MaxValueBytes", "1MiB"));

        Assert.Contains("Store:MaxValueBytes", failure.ToString(), StringComparison.Ordinal);
    }
}
