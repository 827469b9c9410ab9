namespace KvAspire.Tests.Simulation;

/// <summary>The simulation notices when a rule of the protocol is broken.</summary>
public sealed class MutationTests
{
    /// <summary>A change of the product or of the simulation may move the seed that shows it a little.</summary>
    private const int SeedsTried = 150;

    public static TheoryData<string> Names => [.. Mutations.All.Where(m => m is { Unseen: null, Script: null }).Select(m => m.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Run_WithARuleBroken_GoesWrong(string rule)
    {
        var mutation = Mutations.All.Single(m => m.Name == rule);

        var failed = mutation.FindFailure(mutation.FirstSeed, SeedsTried);

        Assert.True(failed is not null, $"With the rule \"{rule}\" broken, seeds {mutation.FirstSeed} to {mutation.FirstSeed + SeedsTried - 1} of {mutation.Scenario} all went well.");
    }
}
