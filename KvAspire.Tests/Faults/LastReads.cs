using System.Globalization;
using System.Text.Json;

namespace KvAspire.Tests.Faults;

/// <summary>
/// The end of a run: every key is read once more while the store has all its copies, and again with each node away in turn. A read is answered by the
/// primary only; so the other copies of a key show what they have when that is away.
/// </summary>
/// <param name="store">The store, which nobody hurts any more.</param>
/// <param name="clients">They have stopped.</param>
/// <param name="nodes">The nodes that are there.</param>
/// <param name="note">Takes sentences about what is done.</param>
/// <param name="trouble">Takes sentences about what goes wrong.</param>
/// <param name="cancelled">Ends the run.</param>
internal sealed class LastReads(
    FaultyStore store, FaultClients clients, IReadOnlyList<string> nodes, Action<string> note, Action<string> trouble, CancellationToken cancelled)
{
    /// <summary>What <c>Kv-Replicas</c> says when all copies are there.</summary>
    private const string AllCopies = "2/2";

    private const int MissedShown = 5;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    /// <param name="isWhole">The store has all its copies. If not, each key is read once only.</param>
    public async Task RunAsync(bool isWhole)
    {
        await ReadAllAsync("all nodes", isWhole ? AllCopies : null);
        foreach (var node in isWhole ? nodes : [])
        {
            note($"stops {node}");
            await store.Processes.StopAsync(node);
            var isServed = await IsMetAsync($"served without {node}", s => FaultyStore.ServesWithout(node, s));
            if (isServed)
            {
                await ReadAllAsync($"all nodes but {node}", null);
            }

            note($"starts {node} again");
            await store.Processes.StartAsync(node);
            if (!await IsMetAsync($"whole again with {node}", s => FaultyStore.IsWholeWith(nodes, s)) || !isServed)
            {
                return;
            }
        }
    }

    private async Task ReadAllAsync(string from, string? replicas)
    {
        note($"reads every key once more from {from}");
        var missed = await clients.ReadAllAsync(Patience, replicas, cancelled);
        if (missed.Count > 0)
        {
            trouble(string.Create(
                CultureInfo.InvariantCulture,
                $"{missed.Count} keys could not be read in the end from {from}{(replicas is null ? "" : $" with {replicas} copies")}: {string.Join(", ", missed.Take(MissedShown))}."));
        }
    }

    private async Task<bool> IsMetAsync(string what, Func<JsonElement, bool> wanted)
    {
        var (isMet, last) = await store.WaitForAsync(wanted, Patience, cancelled);
        if (!isMet)
        {
            trouble($"In the end the store was not {what} within {Patience.TotalSeconds:0} s; it said last: {last?.ToString() ?? "nothing"}");
        }

        return isMet;
    }
}
