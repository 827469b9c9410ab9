using System.Diagnostics;
using KvAspire.Load;
using KvAspire.Load.Client;
using KvAspire.Load.Joining;
using KvAspire.Load.Measuring;
using KvAspire.Load.Options;
using KvAspire.Load.Verification;
using KvAspire.Load.Work;

namespace KvAspire.Tests.Load;

public sealed class JoinTests
{
    [Fact]
    public void Due_RequestsOfAllWorkers_AreEvenlySpread()
    {
        var pace = new Pace(start: 1000, perSecond: 100, workers: 4);

        var due = Enumerable.Range(0, 12).Select(i => pace.Due(worker: i % 4, number: i / 4)).ToList();

        Assert.Equal(Enumerable.Range(0, 12).Select(i => 1000 + (i * Stopwatch.Frequency / 100)), due);
    }

    [Fact]
    public async Task WaitAsync_DueIsPast_SaysSoAtOnce()
    {
        Assert.True(await Pace.WaitAsync(Stopwatch.GetTimestamp() - 1, CancellationToken.None));
        Assert.False(await Pace.WaitAsync(Stopwatch.GetTimestamp() + (Stopwatch.Frequency / 50), CancellationToken.None));
    }

    [Fact]
    public void See_MovesThatGrowAndBeginAgain_AddsUpTheirLastCounts()
    {
        var watch = new MoveWatch();
        var first = DateTimeOffset.UnixEpoch;

        watch.See(State(), TimeSpan.FromSeconds(1));
        watch.See(State(new ClusterState.Move("node4", 10, 100, first)), TimeSpan.FromSeconds(2));
        watch.See(State(new ClusterState.Move("node4", 50, 500, first), new ClusterState.Move("node5", 5, 50, first)), TimeSpan.FromSeconds(3));
        watch.See(State(new ClusterState.Move("node4", 7, 70, first.AddSeconds(3))), TimeSpan.FromSeconds(5));
        watch.See(State(), TimeSpan.FromSeconds(6));

        Assert.Equal((62, 620), (watch.Entries, watch.Bytes));
        Assert.Equal(TimeSpan.FromSeconds(3), watch.Length);
    }

    [Fact]
    public void From_NodeThatTookItsShare_ComparesWithCopiesByNodes()
    {
        var move = MoveSummary.From(new MoveResult("join", 4, 512, 500_000, 80_000_000, TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(5)), copies: 2);

        Assert.Equal((0.5, 1.0, 125_000), (move.ShareOfSlots, move.ToExpected, move.EntriesPerSecond));
    }

    [Fact]
    public void From_SlowerDuringTheJoin_TellsHowMuchAndFailsOnlyForWrongAnswers()
    {
        var options = OptionParser.Parse(["--join", "--keys", "10"])!;
        var right = new JoinResult(
            new Tally(), TimeSpan.Zero, [Phase("rest", 2), Phase("join", 50)], [], new Tally(), [], Interrupted: false);
        var wrong = right with { Final = Count(1, new Verdict(VerdictKind.Lost)) };

        var summary = JoinSummary.From(options, right);

        Assert.Equal(25, summary.Phases[1].P99ToRest, tolerance: 1);
        Assert.Equal(ExitCode.AllWell, summary.ExitCode);
        Assert.Equal(ExitCode.WrongAnswer, JoinSummary.From(options, wrong).ExitCode);
    }

    [Fact]
    public void Parse_Join_HasDefaultsOfItsOwn()
    {
        var options = OptionParser.Parse(["--join", "--rate=500", "--rest", "2.5"])!;

        Assert.Equal((true, false, 1_000_000, 64), (options.Join, options.Leave, options.KeyCount, options.Workers));
        Assert.Equal((500, TimeSpan.FromSeconds(2.5)), (options.Rate, options.Rest));
    }

    [Theory]
    [InlineData("--rate is for --join only", "--rate", "5")]
    [InlineData("--leave is for --join only", "--leave")]
    [InlineData("--kill does not go with --join", "--join", "--kill")]
    [InlineData("--duration does not go with --join", "--join", "--duration", "5")]
    [InlineData("--join takes no value", "--join=yes")]
    [InlineData("leave out --url", "--join", "--url", "http://localhost:8081")]
    public void Parse_OptionsThatDoNotGoTogether_SaysSo(string reason, params string[] arguments) =>
        Assert.Contains(reason, Assert.Throws<LoadException>(() => OptionParser.Parse(arguments)).Message, StringComparison.Ordinal);

    private static ClusterState State(params ClusterState.Move[] moves) => new("serving", new(1024, 1024, 0), [], moves);

    private static LoadPhase Phase(string name, double milliseconds) =>
        new(name, Count(milliseconds, new Verdict(VerdictKind.Right)), TimeSpan.FromSeconds(1));

    private static Tally Count(double milliseconds, Verdict verdict)
    {
        var tally = new Tally();
        tally.Add(OperationKind.Get, "200", TimeSpan.FromMilliseconds(milliseconds), verdict);
        return tally;
    }
}
