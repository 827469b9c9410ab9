namespace KvAspire.Tests.Simulation.Campaigns;

public sealed class CampaignOptionsTests
{
    [Fact]
    public void Parse_NoScenario_RunsEverySeedInAll()
    {
        var options = CampaignOptions.Parse(["--seeds", "3", "--first", "7"]);

        var all = Enum.GetValues<Scenario>();
        Assert.Equal(3 * all.Length, options.Runs);
        Assert.Equal((7, all[0]), options.Run(0));
        Assert.Equal((9, all[^1]), options.Run(options.Runs - 1));
    }

    [Fact]
    public void Parse_ScenariosInAnyCase_RunsThese()
    {
        var options = CampaignOptions.Parse(["--scenario", "onenodeatatime", "--scenario", "Anything"]);

        Assert.Equal([Scenario.OneNodeAtATime, Scenario.Anything], options.Scenarios);
    }

    [Fact]
    public void Parse_WhatReplayNames_IsThatRun()
    {
        var command = FailedRun.ReplayOf(42, Scenario.OneNodeAtATime);

        var options = CampaignOptions.Parse(command[(command.IndexOf("simulate", StringComparison.Ordinal) + "simulate ".Length)..].Split(' '));

        Assert.Equal((1, (42, Scenario.OneNodeAtATime)), (options.Runs, options.Run(0)));
    }

    [Theory]
    [InlineData("--seeds", "0")]
    [InlineData("--seeds", "many")]
    [InlineData("--scenario", "1000")]
    [InlineData("--scenario", "Nothing")]
    [InlineData("--threads", "-1")]
    [InlineData("--sedes", "1")]
    public void Parse_WrongArgument_NamesIt(string option, string value)
    {
        var e = Assert.Throws<ArgumentException>(() => CampaignOptions.Parse([option, value]));

        Assert.True(e.Message.Contains(option, StringComparison.Ordinal) || e.Message.Contains(value, StringComparison.Ordinal), e.Message);
    }

    [Fact]
    public void Parse_NoValue_NamesTheOption() =>
        Assert.Contains("--seeds", Assert.Throws<ArgumentException>(() => CampaignOptions.Parse(["--seeds"])).Message, StringComparison.Ordinal);
}
