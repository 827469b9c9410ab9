namespace KvAspire.Tests.Simulation.Moves;

/// <summary>Each party of a move is killed at each stage of it: the move ends, nothing is lost, and nothing stale is left.</summary>
public sealed class MoveStageTests
{
    private const int SeedsEach = 2;
    private const int LinesShown = 150;

    public static TheoryData<string, string, string> Cases
    {
        get
        {
            var cases = new TheoryData<string, string, string>();
            foreach (var kind in Enum.GetNames<MoveKind>())
            {
                foreach (var stage in Enum.GetNames<MoveStage>())
                {
                    foreach (var party in Enum.GetNames<MoveParty>())
                    {
                        cases.Add(kind, stage, party);
                    }
                }
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Kill_PartyAtAStageOfAMove_MoveEndsAndNothingIsLost(string kind, string stage, string party)
    {
        for (var seed = 1; seed <= SeedsEach; seed++)
        {
            var result = MoveRun.Run(seed, Enum.Parse<MoveKind>(kind), Enum.Parse<MoveStage>(stage), Enum.Parse<MoveParty>(party));
            Assert.True(result.Failure is null, result.Describe(LinesShown));
        }
    }
}
