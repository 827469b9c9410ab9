using KvAspire.Balancer.Cluster;
using static KvAspire.Tests.Cluster.Views;

namespace KvAspire.Tests.Cluster;

/// <summary>What holds for every plan, tried with random histories. A failure names the seed that repeats it.</summary>
public sealed class ViewPlannerPropertyTests
{
    private const int Histories = 30;
    private const int Steps = 30;

    [Fact]
    public void Next_RandomHistories_KeepsTheRules()
    {
        for (var seed = 0; seed < Histories; seed++)
        {
            var history = new RandomHistory(seed);
            for (var step = 0; step < Steps; step++)
            {
                var input = history.NextInput();
                var next = ViewPlanner.Next(input);
                var broken = BrokenRules(input, next).FirstOrDefault();
                Assert.True(broken is null, $"Seed {seed}, step {step}: {broken}");
                history.View = next;
            }
        }
    }

    private static IEnumerable<string> BrokenRules(PlanInput input, View next)
    {
        var nothingNew = input with { Copied = new HashSet<(int, string)>(), Level = new HashSet<int>() };
        var again = ViewPlanner.Next(nothingNew with { Parent = next, Epoch = next.Epoch.Next });

        // A node that leaves and is lost is removed when a view without its slots is committed.
        var removed = next.Members.Values.Where(m => m.State == MemberState.Leaving && !again.Members.ContainsKey(m.Name)).Select(m => m.Name).ToList();
        var without = next.With(members: next.Members.RemoveRange(removed), removed: next.Removed.Union(removed));
        if (!again.SaysTheSameAs(without) || !removed.All(n => next.Slots.Any(s => s.Dropped.Any(d => d.Node == n))))
        {
            yield return "planning again with nothing new gives another view";
        }

        if (!ViewPlanner.Next(input).SaysTheSameAs(next))
        {
            yield return "the same input gives two views";
        }

        for (var slot = 0; slot < View.SlotCount; slot++)
        {
            foreach (var broken in BrokenRules(slot, input, next))
            {
                yield return $"slot {slot}: {broken}";
            }
        }
    }

    private static IEnumerable<string> BrokenRules(int slot, PlanInput input, View next)
    {
        var old = input.Parent.Slots[slot];
        var chain = next.ChainOf(slot);
        var filling = next.FillingOf(slot);
        var survivors = old.Chain.Where(n => IsSameProcess(n, input)).ToArray();
        var promoted = old.Filling.Select(f => f.Node)
            .Where(n => input.Copied.Contains((slot, n)) && IsSameProcess(n, input))
            .ToArray();

        if (chain.Concat(filling).Distinct().Count() != chain.Length + filling.Length)
        {
            yield return "a node is there twice";
        }

        if (!chain.Concat(filling).All(next.Members.ContainsKey))
        {
            yield return "a node is there that is no member";
        }

        if (!filling.All(input.Alive.ContainsKey))
        {
            yield return "a node is filled that is not there";
        }

        if (survivors.Length > 0)
        {
            if (survivors.Except(chain).Any() && chain.Length < input.Parent.ReplicationFactor)
            {
                yield return "a replica in sync was dropped though copies are missing";
            }

            if (chain.Except(survivors).Except(promoted).Any())
            {
                yield return "a node that is not in sync is on the chain";
            }

            if (!input.Level.Contains(slot) && !chain.Intersect(survivors).SequenceEqual(survivors.Intersect(chain)))
            {
                yield return "the order changed though the chain is not level";
            }
        }
        else if (next.IsServed(slot) && input.Forgotten.Count == 0)
        {
            if (chain.Length != 1 || !old.Chain.Contains(chain[0])
                || input.Alive[chain[0]].Incarnation.Store != input.Parent.Members[chain[0]].Incarnation.Store)
            {
                yield return "something else than one last holder with its old store serves";
            }
        }
        else if (!chain.All(old.Chain.Contains) && input.Forgotten.Count == 0)
        {
            yield return "somebody became a last holder";
        }

        if (next.Slots[slot].Filling.Any(f => f.Joined.Term != input.Epoch.Term))
        {
            yield return "a copy of another term goes on";
        }
    }

    private static bool IsSameProcess(string node, PlanInput input) =>
        input.Parent.IsUp(node)
        && input.Alive.TryGetValue(node, out var seen)
        && seen.Incarnation == input.Parent.Members[node].Incarnation;

    /// <summary>Nodes that die, restart, lose their disks and come back; copies that get complete; new terms.</summary>
    private sealed class RandomHistory
    {
        private readonly Random _random;
        private readonly Dictionary<string, Seen> _nodes;
        private readonly HashSet<string> _away = [];
        private long _now = 1_000_000;
        private int _stores;

        public RandomHistory(int seed)
        {
            _random = new Random(seed);
            var names = Enumerable.Range(1, _random.Next(2, 6)).Select(i => $"node{i}").ToArray();
            _nodes = Nodes(names).ToDictionary(n => n.Name);
            View = Begin(_random.Next(1, 4), names);
        }

        public View View { get; set; }

        public PlanInput NextInput()
        {
            _now += _random.Next(60_000);
            foreach (var name in _nodes.Keys.ToArray())
            {
                Disturb(name);
            }

            var joining = new HashSet<string>();
            if (_nodes.Count < 7 && Chance(10))
            {
                var name = $"node{_nodes.Count + 1}";
                _nodes.Add(name, Live(name));
                joining.Add(name);
            }

            if (Chance(20))
            {
                MakeLeaving();
            }

            var alive = _nodes.Values.Where(n => !_away.Contains(n.Name)).ToArray();
            var isNewTerm = Chance(8);
            return After(View, alive) with
            {
                Epoch = isNewTerm ? new Epoch(View.Epoch.Term + 1, 1) : View.Epoch.Next,
                Joining = joining,
                Now = _now,
                RehomeAfter = TimeSpan.FromMinutes(2),
                // A new coordinator does not know of any.
                Copied = isNewTerm ? new HashSet<(int, string)>() : Some(s => View.FillingOf(s).Select(n => (s, n))),
                Level = isNewTerm ? new HashSet<int>() : Some<int>(s => [s]),
                Forgotten = Chance(25) && _away.Count > 0 ? [_away.First()] : new HashSet<string>(),
            };
        }

        private void Disturb(string name)
        {
            var (incarnation, isAway) = (_nodes[name].Incarnation, _away.Contains(name));
            if (isAway ? Chance(3) : Chance(8))
            {
                _away.Remove(name);
                _nodes[name] = Chance(4)
                    ? Live(name, 1, $"another{++_stores}")
                    : Live(name, incarnation.Start + 1, incarnation.Store);
            }
            else if (!isAway && Chance(8))
            {
                _away.Add(name);
            }
            else if (isAway && Chance(8))
            {
                // It was only cut off.
                _away.Remove(name);
            }
        }

        private void MakeLeaving()
        {
            var active = View.Members.Values.Where(m => m.State == MemberState.Active).ToArray();
            if (active.Length > 2)
            {
                View = View.WithMember(active[_random.Next(active.Length)].Name, MemberState.Leaving);
            }
        }

        private HashSet<T> Some<T>(Func<int, IEnumerable<T>> items) =>
            [.. Enumerable.Range(0, View.SlotCount).SelectMany(items).Where(_ => Chance(2))];

        private bool Chance(int oneIn) => _random.Next(oneIn) == 0;
    }
}
