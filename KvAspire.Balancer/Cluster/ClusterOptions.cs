using KvAspire.ServiceDefaults;

namespace KvAspire.Balancer.Cluster;

/// <summary>The cluster as the balancer is told of it; section <c>Cluster</c> of the configuration.</summary>
internal sealed class ClusterOptions
{
    public const string Section = "Cluster";

    private static readonly TimeSpan LongestWait = TimeSpan.FromHours(1);
    private static readonly TimeSpan LongestAbsence = TimeSpan.FromDays(365);

    /// <summary>Names of the nodes that a new cluster begins with; service discovery resolves them. Required.</summary>
    public IList<string> Nodes { get; } = [];

    /// <summary>Names of nodes that may be started later and then join.</summary>
    public IList<string> Spares { get; } = [];

    /// <summary>Sent along with every call to a node. Must be the same everywhere; empty for loopback only.</summary>
    public string Secret { get; set; } = "";

    /// <summary>Copies of every key, 1 to 5. 2 by default. Fixed when the cluster begins.</summary>
    public int ReplicationFactor { get; set; } = 2;

    /// <summary>A replica that has not answered for this long has failed. 1 s by default.</summary>
    public TimeSpan ReplicaTimeout { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How often the lease is renewed. 500 ms by default.</summary>
    public TimeSpan HeartbeatInterval { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How long a lease holds from when its renewal was sent. 2 s by default.</summary>
    public TimeSpan LeaseLength { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a client's request waits for failover before it is answered with 503. 10 s by default.</summary>
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>A node that stays down longer loses its place: its slots get another copy. 10 min by default.</summary>
    public TimeSpan RehomeAfter { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>Limit on copying to each node, in bytes per second; 0 for none. 64 MiB/s by default.</summary>
    public long CopyBytesPerSecond { get; set; } = 64 << 20;

    /// <summary>Writes that may be in hand at once; more are answered with 429. 10,000 by default.</summary>
    public int MaxWritesInHand { get; set; } = 10_000;

    /// <summary>Bytes of keys and values of writes in hand; above that, more are answered with 429. 256 MiB by default.</summary>
    public long MaxBytesInHand { get; set; } = 256 << 20;

    /// <summary>Not for the configuration: stores have all the same. A simulated cluster has fewer, and so needs less time.</summary>
    internal int SlotCount { get; init; } = View.SlotCount;

    /// <summary>One sentence for each thing to change; empty if all is well.</summary>
    public IEnumerable<string> Problems()
    {
        if (Nodes.Count == 0)
        {
            yield return "Set Cluster:Nodes:0, Cluster:Nodes:1, … to the names of the nodes that the cluster begins with.";
        }

        if (Nodes.Concat(Spares).GroupBy(n => n, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice)
        {
            yield return $"Cluster:Nodes and Cluster:Spares name {twice.Key} more than once: give each node one name.";
        }

        if (Nodes.Concat(Spares).FirstOrDefault(n => !NodeName.IsValid(n)) is { } odd)
        {
            yield return $"Cluster:Nodes and Cluster:Spares: change '{odd}' to a name of {NodeName.Rule}, the same as Node:Name there.";
        }

        if (ReplicationFactor is < 1 or > 5)
        {
            yield return "Set Cluster:ReplicationFactor to a number from 1 to 5; 2 is the default.";
        }

        if (HeartbeatInterval <= TimeSpan.Zero || LeaseLength.Ticks / 2 < HeartbeatInterval.Ticks)
        {
            yield return "Set Cluster:LeaseLength to at least twice Cluster:HeartbeatInterval; 2 s and 0.5 s are the defaults.";
        }

        if (ReplicaTimeout <= TimeSpan.Zero || RequestTimeout < ReplicaTimeout)
        {
            yield return "Set Cluster:ReplicaTimeout above zero and Cluster:RequestTimeout to no less; 1 s and 10 s are the defaults.";
        }

        foreach (var (key, value) in new[]
        {
            (nameof(ReplicaTimeout), ReplicaTimeout),
            (nameof(HeartbeatInterval), HeartbeatInterval),
            (nameof(LeaseLength), LeaseLength),
            (nameof(RequestTimeout), RequestTimeout),
        })
        {
            if (value > LongestWait)
            {
                yield return $"Cluster:{key} is {value.TotalDays:0.##} days: set it to an hour at most, written as hh:mm:ss, such as 00:01:00 for a minute.";
            }
        }

        if (RehomeAfter < TimeSpan.Zero || RehomeAfter > LongestAbsence)
        {
            yield return $"Cluster:RehomeAfter is {RehomeAfter.TotalDays:0.##} days: set it to a time from 0 to {LongestAbsence.Days} days, written as hh:mm:ss, such as 00:10:00 for ten minutes.";
        }

        if (ClusterSecret.ProblemOf(Secret) is { } unfit)
        {
            yield return unfit;
        }

        if (MaxWritesInHand < 1 || MaxBytesInHand < 1 || CopyBytesPerSecond < 0)
        {
            yield return "Set Cluster:MaxWritesInHand and Cluster:MaxBytesInHand to at least 1 and Cluster:CopyBytesPerSecond to 0 (no limit) or more.";
        }
    }
}
