using KvAspire.Checking;

namespace KvAspire.Tests.Simulation;

/// <content>What is wrong with what the clients were told.</content>
internal sealed partial class Simulation
{
    private string? Judge()
    {
        if (Scenario == Scenario.OneNodeAtATime && _histories.Failures.Count > 0)
        {
            return $"a client was not answered although one node at most was in trouble: {_histories.Failures[0]}";
        }

        foreach (var key in _histories.Keys)
        {
            foreach (var history in _histories.ErasOf(key))
            {
                if (Judge(key, history) is { } failure)
                {
                    return failure;
                }
            }
        }

        return null;
    }

    private static string? Judge(string key, IReadOnlyList<Operation> history)
    {
        if ((VersionChecker.FirstMismatch(history) ?? VersionChecker.FirstStepBack(history)) is { } contradiction)
        {
            return $"the versions that clients were told of {key} contradict each other:\n{string.Join("\n", contradiction)}";
        }

        var isLinearizable = LinearizabilityChecker.IsLinearizable(history);
        if (isLinearizable is null)
        {
            return $"whether what the clients were told of {key} is linearizable takes too long to tell";
        }

        if (isLinearizable is false)
        {
            var end = LinearizabilityChecker.FirstContradiction(history);
            var lines = history.Where(o => o.Start <= end).OrderBy(o => o.Start).Select(o => o.End == end ? $"{o}  ← not explained" : $"{o}");
            return $"what the clients were told of {key} is not linearizable, up to step {end}:\n{string.Join("\n", lines.TakeLast(40))}";
        }

        return null;
    }
}
