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
    public async Task Start_LimitIsNoNumber_StopsWithOneSentence()
    {
        var failure = await Assert.ThrowsAsync<OptionsValidationException>(() => ApiHost.StartAsync("--Store:MaxValueBytes", "1MiB"));

        Assert.Equal(["Store:MaxValueBytes is '1MiB': set it to a whole number."], failure.Failures);
    }
}
