namespace KvAspire.Tests.Faults;

public sealed class FaultRunOptionsTests
{
    [Fact]
    public void Parse_Everything_IsTaken()
    {
        var options = FaultRunOptions.Parse(["--time", "1.5h", "--seed", "9", "--gap", "2s", "--clients", "3", "--rate", "50", "--output", "there"]);

        Assert.Equal((TimeSpan.FromMinutes(90), 9, TimeSpan.FromSeconds(2), 3, 50, "there"), (options.Time, options.Seed, options.Gap, options.Clients, options.Rate, options.Output));
    }

    [Fact]
    public void Parse_Nothing_SaysWhereItWrites() => Assert.Contains("faults-1", FaultRunOptions.Parse([]).Output, StringComparison.Ordinal);

    [Theory]
    [InlineData("--time", "30")]
    [InlineData("--time", "0m")]
    [InlineData("--time", "")]
    [InlineData("--seed", "x")]
    [InlineData("--clients", "0")]
    [InlineData("--what", "1")]
    [InlineData("--seed")]
    public void Parse_Malformed_SaysWhich(params string[] args) =>
        Assert.Contains(args[0], Assert.Throws<ArgumentException>(() => FaultRunOptions.Parse(args)).Message, StringComparison.Ordinal);
}
