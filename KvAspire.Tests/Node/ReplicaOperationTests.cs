extern alias node;

using Google.Protobuf;
using KvAspire.Tests.Storage;
using node::KvAspire.Protocol;
using static KvAspire.Tests.Node.Replica;

namespace KvAspire.Tests.Node;

/// <summary>Reads, writes, versions and conditions on a node that is a whole chain.</summary>
public sealed class ReplicaOperationTests
{
    private const int Slot = 7;
    private static readonly ulong Now = Epoch(1, 1);
    private readonly Replica _node = new();

    public ReplicaOperationTests() => _node.Install(_node.View(Now, Slot, "n1"));

    [Fact]
    public void Read_AfterAWrite_GivesEverythingBack()
    {
        var entry = Entry("a", Now, 1, "value", expiresAt: 99);
        entry.ContentType = "text/plain";
        Assert.Equal(ResultStatus.Ok, _node.Write(Now, Slot, entry).Status);

        var read = _node.Read(Now, Slot, "a");

        Assert.Equal(ResultStatus.Ok, read.Status);
        entry.Key = ByteString.Empty;
        Assert.Equal(entry, read.Entry);
    }

    [Fact]
    public void Operate_ReadsOfMuch_AreAnsweredInParts()
    {
        var value = new string('x', 400_000);
        var reads = new List<Operation>();
        for (ulong i = 1; i <= 8; i++)
        {
            _node.Write(Now, Slot, Entry($"{i}", Now, i, value));
            reads.Add(new Operation { Id = i, Kind = OperationKind.Read, Slot = Slot, Entry = new Entry { Key = ByteString.CopyFromUtf8($"{i}") } });
        }

        var parts = new List<ulong[]>();
        for (var answered = 0; answered < reads.Count; answered += parts[^1].Length)
        {
            parts.Add([.. _node.Core.Operate(Now, reads, answered).Results.Select(r => r.Id)]);
        }

        Assert.Equal([[1, 2, 3], [4, 5, 6], [7, 8]], parts);
    }

    [Fact]
    public void Operate_ConditionsFailOnMuch_AreAnsweredInPartsAndOnce()
    {
        var value = new string('x', 400_000);
        var writes = new List<Operation>();
        for (ulong i = 1; i <= 8; i++)
        {
            // Every other one passes, and its old value is not part of the answer.
            _node.Write(Now, Slot, Entry($"{i}", Now, i, value));
            writes.Add(new Operation
            {
                Id = i,
                Kind = OperationKind.Write,
                Slot = Slot,
                Entry = Entry($"{i}", Now, 10 + i),
                Condition = new Condition { Kind = i % 2 == 0 ? ConditionKind.Exists : ConditionKind.Absent },
            });
        }

        var parts = new List<Result[]>();
        for (var answered = 0; answered < writes.Count; answered += parts[^1].Length)
        {
            parts.Add([.. _node.Core.Operate(Now, writes, answered).Results]);
            Assert.All(parts[^1], r => Assert.Equal(r.Status == ResultStatus.Ok ? 10 + r.Id : r.Id, _node.Read(Now, Slot, $"{r.Id}").Entry.VersionCounter));
        }

        Assert.Equal([[1, 2, 3, 4, 5], [6, 7, 8]], parts.Select(p => p.Select(r => r.Id)));
        Assert.All(parts.SelectMany(p => p), r => Assert.Equal(r.Id % 2 == 0 ? ResultStatus.Ok : ResultStatus.NotPassed, r.Status));
    }

    [Theory]
    [InlineData(null, "")]
    [InlineData("", "")]
    [InlineData("a", "1,025 characters")]
    [InlineData("1,025 bytes", "")]
    public void Operate_WhatNoBalancerSends_IsRefusedAndTheRestCarriedOut(string? key, string contentType)
    {
        static string Sized(string text) => text.StartsWith("1,025", StringComparison.Ordinal) ? new string('x', 1025) : text;
        var entry = key is null ? null : Entry(Sized(key), Now, 2);
        entry?.ContentType = Sized(contentType);
        Operation[] batch =
        [
            new() { Id = 1, Kind = OperationKind.Write, Slot = Slot, Entry = Entry("b", Now, 1) },
            new() { Id = 2, Kind = OperationKind.Write, Slot = Slot, Entry = entry },
            new() { Id = 3, Kind = OperationKind.Read, Slot = Slot, Entry = entry is { ContentType.Length: > 0 } ? null : entry },
            new() { Id = 4, Kind = OperationKind.Read, Slot = Slot, Entry = Entry("b", 0, 0) },
        ];

        var results = _node.Core.Operate(Now, batch).Results;

        Assert.Equal([ResultStatus.Ok, ResultStatus.Refused, ResultStatus.Refused, ResultStatus.Ok], results.Select(r => r.Status));
        Assert.Equal(ResultStatus.Refused, Assert.Single(_node.Core.Operate(Now, batch[2..3]).Results).Status);
        Assert.Equal("", _node.Core.Fault);
    }

    [Fact]
    public void Operate_WritesWhereTheDiskIsSlowToRead_AreAnsweredInPartsAndOnce()
    {
        using var engine = new HookedEngine();
        var node = new Replica(engine);
        engine.Finding = () => node.Time.Advance(TimeSpan.FromMilliseconds(20));
        node.Install(node.View(Now, Slot, "n1"));
        var writes = Enumerable.Range(1, 8).Select(i => new Operation { Id = (ulong)i, Kind = OperationKind.Write, Slot = Slot, Entry = Entry($"{i}", Now, (ulong)i) }).ToList();

        var parts = new List<Result[]>();
        for (var answered = 0; answered < writes.Count; answered += parts[^1].Length)
        {
            parts.Add([.. node.Core.Operate(Now, writes, answered).Results]);
        }

        Assert.Equal([[1, 2, 3], [4, 5, 6], [7, 8]], parts.Select(p => p.Select(r => r.Id)));
        Assert.All(parts.SelectMany(p => p), r => Assert.Equal((ResultStatus.Ok, false), (r.Status, r.Existed)));
        Assert.Equal(8, node.Engine.Scan(Slot).Count());
    }

    [Fact]
    public void Read_NothingOrTombstone_IsNotFound()
    {
        Assert.Equal(ResultStatus.NotFound, _node.Read(Now, Slot, "a").Status);
        _node.Write(Now, Slot, Entry("a", Now, 1));
        _node.Write(Now, Slot, Entry("a", Now, 2, value: null));

        var read = _node.Read(Now, Slot, "a");

        Assert.Equal(ResultStatus.NotFound, read.Status);
        Assert.True(read.Entry.Tombstone);
    }

    [Theory]
    [InlineData(1, 2, 2)]
    [InlineData(2, 1, 2)]
    [InlineData(2, 2, 2)]
    public void Write_InAnyOrder_TheHigherVersionStays(ulong first, ulong second, ulong stays)
    {
        Assert.Equal(ResultStatus.Ok, _node.Write(Now, Slot, Entry("a", Now, first, $"value{first}")).Status);
        Assert.Equal(ResultStatus.Ok, _node.Write(Now, Slot, Entry("a", Now, second, $"value{second}")).Status);

        Assert.Equal($"value{stays}", _node.Read(Now, Slot, "a").Entry.Value.ToStringUtf8());
    }

    [Fact]
    public void Write_OfAnEarlierEpoch_LosesAgainstALaterOneWhateverTheCounter()
    {
        _node.Write(Now, Slot, Entry("a", Epoch(1, 1), 1, "later"));
        _node.Write(Now, Slot, Entry("a", Epoch(1, 0), 99, "earlier"));

        Assert.Equal("later", _node.Read(Now, Slot, "a").Entry.Value.ToStringUtf8());
    }

    [Theory]
    [InlineData(ConditionKind.None, true, true, true)]
    [InlineData(ConditionKind.Exists, false, false, true)]
    [InlineData(ConditionKind.Absent, true, true, false)]
    [InlineData(ConditionKind.MatchesAny, false, false, true)]
    [InlineData(ConditionKind.MatchesNone, true, true, false)]
    public void Write_Condition_IsJudgedByWhatIsThere(object kind, bool onNothing, bool onTombstone, bool onValue)
    {
        _node.Write(Now, Slot, Entry("deleted", Now, 5, value: null));
        _node.Write(Now, Slot, Entry("there", Now, 5));
        var condition = new Condition { Kind = (ConditionKind)kind, Versions = { Now, 4, Now, 5 } };

        AssertPassed(onNothing, _node.Write(Now, Slot, Entry("nothing", Now, 10), condition));
        AssertPassed(onTombstone, _node.Write(Now, Slot, Entry("deleted", Now, 10), condition));
        AssertPassed(onValue, _node.Write(Now, Slot, Entry("there", Now, 10), condition));
        Assert.Equal(onValue ? 10ul : 5, _node.Read(Now, Slot, "there").Entry.VersionCounter);
    }

    [Fact]
    public void Write_ConditionNamesOtherVersions_MatchesNoneOfThem()
    {
        _node.Write(Now, Slot, Entry("a", Now, 5));

        AssertPassed(false, _node.Write(Now, Slot, Entry("a", Now, 10), new Condition { Kind = ConditionKind.MatchesAny, Versions = { Now, 4, 5, Now } }));
        AssertPassed(true, _node.Write(Now, Slot, Entry("a", Now, 10), new Condition { Kind = ConditionKind.MatchesNone, Versions = { Now, 4, 5, Now } }));
    }

    [Theory]
    [InlineData(99, true)]
    [InlineData(100, false)]
    [InlineData(101, false)]
    public void Write_EntryWithExpiry_IsThereUntilTheCoordinatorsClockReachesIt(long now, bool isThere)
    {
        _node.Write(Now, Slot, Entry("a", Now, 5, expiresAt: 100));

        var result = _node.Write(Now, Slot, Entry("a", Now, 10), new Condition { Kind = ConditionKind.Exists, Now = now });

        AssertPassed(isThere, result);
        Assert.Equal(isThere, result.Existed);
    }

    [Fact]
    public void Write_HoldsThisVeryVersion_PassesAgain()
    {
        var absent = new Condition { Kind = ConditionKind.Absent };
        AssertPassed(true, _node.Write(Now, Slot, Entry("a", Now, 5), absent));

        AssertPassed(true, _node.Write(Now, Slot, Entry("a", Now, 5), absent));
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void Write_AskedForAgain_TellsTheSameOfWhatWasThereBefore(bool existed, bool isDelete)
    {
        var none = new Condition { Kind = ConditionKind.None };
        if (existed)
        {
            _node.Write(Now, Slot, Entry("a", Now, 4));
        }

        var entry = Entry("a", Now, 5);
        entry.Tombstone = isDelete;
        var first = _node.Write(Now, Slot, entry, none);
        var second = _node.Write(Now, Slot, entry, none);

        Assert.Equal((ResultStatus.Ok, existed), (first.Status, first.Existed));
        Assert.Equal((ResultStatus.Ok, existed), (second.Status, second.Existed));
    }

    [Fact]
    public void Write_LowerVersionThanThere_DoesNotPassThoughTheConditionHolds()
    {
        _node.Write(Now, Slot, Entry("a", Now, 5));

        var result = _node.Write(Now, Slot, Entry("a", Now, 4), new Condition { Kind = ConditionKind.Exists });

        AssertPassed(false, result);
        Assert.Equal(5ul, result.Entry.VersionCounter);
    }

    [Fact]
    public void Write_NotPassed_TellsWhatStandsInTheWay()
    {
        _node.Write(Now, Slot, Entry("a", Now, 5, "obstacle"));

        var result = _node.Write(Now, Slot, Entry("a", Now, 6), new Condition { Kind = ConditionKind.Absent });

        Assert.Equal((ResultStatus.NotPassed, true), (result.Status, result.Existed));
        Assert.Equal("obstacle", result.Entry.Value.ToStringUtf8());
        Assert.Null(_node.Write(Now, Slot, Entry("b", Now, 6), new Condition { Kind = ConditionKind.Exists }).Entry);
    }

    [Fact]
    public void Write_LargeValueIsThere_ReadsItOnlyIfItStandsInTheWay()
    {
        using var engine = new HookedEngine();
        var node = new Replica(engine);
        node.Install(node.View(Now, Slot, "n1"));
        node.Write(Now, Slot, Entry("a", Now, 1, new string('x', 1 << 20)));
        node.Write(Now, Slot, Entry("a", Now, 2, new string('x', 1 << 20)), new Condition { Kind = ConditionKind.Exists });
        Assert.Equal(0, engine.ValuesRead);

        AssertPassed(false, node.Write(Now, Slot, Entry("a", Now, 3), new Condition { Kind = ConditionKind.Absent }));

        Assert.Equal(1, engine.ValuesRead);
    }

    [Fact]
    public void Operate_BatchWithSeveralOfOneKey_EachSeesThoseBefore()
    {
        var absent = new Condition { Kind = ConditionKind.Absent };
        Operation[] batch =
        [
            new() { Id = 1, Kind = OperationKind.Write, Slot = Slot, Entry = Entry("a", Now, 1), Condition = absent },
            new() { Id = 2, Kind = OperationKind.Write, Slot = Slot, Entry = Entry("a", Now, 2), Condition = absent },
            new() { Id = 3, Kind = OperationKind.Write, Slot = Slot, Entry = Entry("b", Now, 3) },
            new() { Id = 4, Kind = OperationKind.Read, Slot = Slot, Entry = new Entry { Key = ByteString.CopyFromUtf8("b") } },
        ];

        var results = _node.Core.Operate(Now, batch);

        Assert.Equal(Now, results.Epoch);
        Assert.Equal([1ul, 2, 3, 4], results.Results.Select(r => r.Id));
        Assert.Equal(
            [ResultStatus.Ok, ResultStatus.NotPassed, ResultStatus.Ok, ResultStatus.Ok],
            results.Results.Select(r => r.Status));
        Assert.Equal(1ul, results.Results[1].Entry.VersionCounter);
        Assert.Equal("a=1 b=3", _node.Held(Slot));
    }

    private static void AssertPassed(bool passed, Result result) =>
        Assert.Equal(passed ? ResultStatus.Ok : ResultStatus.NotPassed, result.Status);
}
