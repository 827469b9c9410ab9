using KvAspire.Node.Storage;
using KvAspire.Protocol;

namespace KvAspire.Node.Replication;

/// <summary>The tests of RFC 9110, section 13, as the far end of a chain judges them.</summary>
internal static class Conditions
{
    /// <param name="condition">What the client asks.</param>
    /// <param name="exists">The key has a value: not deleted, not expired.</param>
    /// <param name="current">Its version; meaningless if it has no value.</param>
    public static bool Hold(Condition condition, bool exists, EntryVersion current) => condition.Kind switch
    {
        ConditionKind.None => true,
        ConditionKind.Exists => exists,
        ConditionKind.Absent => !exists,
        ConditionKind.MatchesAny => exists && Names(condition, current),
        ConditionKind.MatchesNone => !exists || !Names(condition, current),
        _ => false,
    };

    private static bool Names(Condition condition, EntryVersion version)
    {
        for (var i = 0; i + 1 < condition.Versions.Count; i += 2)
        {
            if (condition.Versions[i] == version.Epoch && condition.Versions[i + 1] == version.Counter)
            {
                return true;
            }
        }

        return false;
    }
}
