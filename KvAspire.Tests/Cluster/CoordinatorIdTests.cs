using KvAspire.Balancer.Coordination;

namespace KvAspire.Tests.Cluster;

public sealed class CoordinatorIdTests
{
    [Theory]
    [InlineData("m")]
    [InlineData("key-value-balancer-7d9c5b8f6d-x2x7q-with-a-name-of-63-characters")]
    public void IdOf_TwoProcessesOnAMachine_DifferAndAreShort(string machine)
    {
        var (one, other) = (Coordinator.IdOf(machine, Guid.NewGuid()), Coordinator.IdOf(machine, Guid.NewGuid()));

        Assert.NotEqual(one, other);
        Assert.StartsWith(machine[..1], one, StringComparison.Ordinal);
        Assert.InRange(one.Length, 14, 40);
    }
}
