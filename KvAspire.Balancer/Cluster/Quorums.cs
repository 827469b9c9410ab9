namespace KvAspire.Balancer.Cluster;

/// <summary>
/// How many of a view's n in-sync nodes must have agreed. A start quorum and a change quorum of the same view always
/// share a node, so a starting coordinator hears of every view that was committed.
/// </summary>
internal static class Quorums
{
    /// <summary>To commit the next view, and to hold a lease: a majority; one of two; one of one; none of none.</summary>
    public static int Change(int n) => n >= 3 ? (n / 2) + 1 : Math.Min(n, 1);

    /// <summary>To start from this view: a majority; all of two; one of one; none of none.</summary>
    public static int Start(int n) => n >= 3 ? (n / 2) + 1 : n;
}
