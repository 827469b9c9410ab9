using KvAspire.Balancer.Cluster;

namespace KvAspire.Balancer.Coordination;

/// <summary>When a node last granted or renewed the lease.</summary>
/// <param name="Term">The term it was asked in.</param>
/// <param name="SentAt">Timestamp of when the request was sent: the lease runs from then, not from the answer.</param>
/// <param name="Incarnation">The node's life that granted it.</param>
internal readonly record struct LeaseGrant(uint Term, long SentAt, Incarnation Incarnation);

/// <summary>
/// How long a coordinator may serve (leases: Gray and Cheriton 1989). It holds a lease as long as a change quorum of
/// its view's in-sync nodes has granted it one: any start quorum shares a node with that, so nobody else can start.
/// </summary>
internal static class LeaseTerms
{
    /// <summary>The timestamp from which the lease counts; null if too few have granted it.</summary>
    public static long? HeldSince(View view, IReadOnlyDictionary<string, LeaseGrant> grants)
    {
        var needed = Quorums.Change(view.InSync.Count);
        if (needed == 0)
        {
            return null;
        }

        var sent = new List<long>(view.InSync.Count);
        foreach (var node in view.InSync)
        {
            if (grants.TryGetValue(node, out var grant)
                && grant.Term == view.Epoch.Term
                && grant.Incarnation == view.Members[node].Incarnation)
            {
                sent.Add(grant.SentAt);
            }
        }

        if (sent.Count < needed)
        {
            return null;
        }

        sent.Sort();
        return sent[^needed];
    }
}
