using KvAspire.Load.Client;

namespace KvAspire.Load.Joining;

/// <summary>Adds up what <c>GET /cluster</c> says, from one time to the next, of copying under way. What is copied after the last look at a move is not seen.</summary>
internal sealed class MoveWatch
{
    private readonly Dictionary<(string Node, DateTimeOffset Started), ClusterState.Move> _moves = [];
    private TimeSpan? _first;
    private TimeSpan _last;

    /// <summary>Entries copied, tombstones included.</summary>
    public long Entries => _moves.Values.Sum(move => move.Entries);

    /// <summary>As they were sent.</summary>
    public long Bytes => _moves.Values.Sum(move => move.Bytes);

    /// <summary>From the first look at a move to the first without.</summary>
    public TimeSpan Length => _last - (_first ?? _last);

    /// <param name="state">What the cluster said.</param>
    /// <param name="at">When.</param>
    public void See(ClusterState state, TimeSpan at)
    {
        var moves = state.Moves ?? [];
        if (moves.Count > 0)
        {
            _first ??= at;
            _last = at;
        }

        foreach (var move in moves)
        {
            _moves[(move.Node, move.Started)] = move;
        }
    }
}
