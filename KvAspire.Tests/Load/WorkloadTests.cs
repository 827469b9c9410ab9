using KvAspire.Load.Options;
using KvAspire.Load.Work;

namespace KvAspire.Tests.Load;

public sealed class WorkloadTests
{
    [Fact]
    public void Next_SameSeedAndWorker_GivesTheSameOperations()
    {
        Assert.Equal(Take(new Workload(5, 2, 100, KeyChoice.Random, LoadMode.Mixed)), Take(new Workload(5, 2, 100, KeyChoice.Random, LoadMode.Mixed)));
        Assert.NotEqual(Take(new Workload(5, 2, 100, KeyChoice.Random, LoadMode.Mixed)), Take(new Workload(5, 3, 100, KeyChoice.Random, LoadMode.Mixed)));
        Assert.NotEqual(Take(new Workload(5, 2, 100, KeyChoice.Random, LoadMode.Mixed)), Take(new Workload(6, 2, 100, KeyChoice.Random, LoadMode.Mixed)));
    }

    [Fact]
    public void Next_RandomMixed_UsesEveryKeyAndKindInItsShare()
    {
        var operations = Take(new Workload(1, 0, 20, KeyChoice.Random, LoadMode.Mixed), 10_000);

        Assert.Equal(Enumerable.Range(0, 20), operations.Select(operation => operation.Key).Distinct().Order());
        Assert.InRange(operations.Count(operation => operation.Kind == OperationKind.Set), 3_700, 4_300);
        Assert.InRange(operations.Count(operation => operation.Kind == OperationKind.Delete), 800, 1_200);
    }

    [Fact]
    public void Next_SerialMixed_SweepsOverTheKeysInOrder()
    {
        var sweeps = Take(new Workload(1, 0, 10, KeyChoice.Serial, LoadMode.Mixed), 40).Chunk(10).ToArray();

        Assert.All(sweeps, sweep => Assert.Equal(Enumerable.Range(0, 10), sweep.Select(operation => operation.Key)));
        Assert.All(sweeps[0], operation => Assert.Equal(OperationKind.Set, operation.Kind));
        Assert.All(sweeps[1], operation => Assert.Equal(OperationKind.Get, operation.Kind));
        Assert.Equal(2, sweeps[2].Count(operation => operation.Kind == OperationKind.Delete));
        Assert.All(sweeps[3], operation => Assert.Equal(OperationKind.Get, operation.Kind));
    }

    [Theory]
    [InlineData(10, 3)]
    [InlineData(16, 16)]
    [InlineData(1, 1)]
    public void KeySpace_AllWorkers_OwnEveryKeyOnce(int keys, int workers)
    {
        var space = new KeySpace("run", keys, workers);

        var names = Enumerable.Range(0, workers)
            .SelectMany(worker => Enumerable.Range(0, space.CountFor(worker)).Select(index => space.Name(worker, index)))
            .ToList();

        Assert.Equal(Enumerable.Range(0, keys).Select(key => $"load-run-{key}").Order(), names.Order());
        Assert.All(Enumerable.Range(0, workers), worker => Assert.Equal(3 * space.CountFor(worker), space.ShareOf(worker, 3 * keys)));
        Assert.Equal(1_000_000_000_001, Enumerable.Range(0, workers).Sum(worker => space.ShareOf(worker, 1_000_000_000_001)));
    }

    [Theory]
    [InlineData(TestValue.SmallestSize)]
    [InlineData(1000)]
    public void TestValue_AnyChangedByte_IsNotIdentified(int size)
    {
        const string key = "load-0123abcd-9999999";
        var value = new byte[size];
        TestValue.Fill(key, int.MaxValue, value);

        Assert.Equal(int.MaxValue, TestValue.Identify(key, value, size));
        for (var i = 0; i < size; i++)
        {
            value[i] ^= 1;
            Assert.Null(TestValue.Identify(key, value, size));
            value[i] ^= 1;
        }
    }

    private static List<Operation> Take(Workload workload, int count = 200) => [.. Enumerable.Range(0, count).Select(_ => workload.Next())];
}
