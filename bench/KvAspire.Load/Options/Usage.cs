using KvAspire.Load.Work;

namespace KvAspire.Load.Options;

/// <summary>The text of <c>--help</c>.</summary>
internal static class Usage
{
    public static string Text { get; } = $"""
        Runs sets, gets and deletes against a KvAspire store and verifies every answer.

        Usage: dotnet run --project bench/KvAspire.Load -- [options]

        The store
          --nodes N            start N nodes and a balancer, without Aspire (3)
          --port P             first node's port; gRPC 1000 higher; next node one higher (3000)
          --balancer-port P    the balancer's port (8081, or the next free one)
          --engine E           rocksdb or memory (what the node has as its default)
          --data DIR           keep data and logs there (a temporary directory, removed if all is well)
          --join               add a blank node during a load of a constant rate (see below)
          --url URL            do not start anything: drive the store that runs there
          --kill               while the load runs, kill each node in turn (SIGKILL), start it again, and wait
                               until all slots are fully replicated; at least one whole round

        The load
          --requests N         how many requests (1000)
          --duration SECONDS   how long, instead of how many
          --choice C           random, or serial: all keys in order, a sweep of sets, a sweep of gets, and so on
          --mode M             mixed (random: 40 % sets, 50 % gets, 10 % deletes), set, or get (keys are set before)
          --keys N             size of the key space (half of the requests; 10000 for a timed run, 1000000 for a join)
          --value-size BYTES   from {TestValue.SmallestSize} to {TestValue.LargestSize} (100)
          --concurrency N      requests under way at a time; each key belongs to one worker (16; 64 for a join)
          --timeout SECONDS    how long to wait for an answer (10)
          --seed N             the same seed, keys, concurrency and choice give each worker the same operations
                               in the same order (random; printed)

        A join: sets every key, measures the load at rest, adds a node with POST /cluster/nodes, measures the same
        load until every copy is in its place, and reads every key once more
          --rate N             requests a second, whatever the answers take (2000)
          --rest SECONDS       how long to measure while nothing moves (10)
          --leave              then remove that node for good and measure again

        A check of histories
          --check              clients share keys and use every condition of the API; all that they are told is
                               recorded, and in the end it must be linearizable, else the shortest part that is
                               not is printed (goes with --kill, --url, --requests, --duration, --keys, …)
          --history FILE       write the history there, one operation a line
          --check-file FILE    check such a file again, without a store

        The output
          --baseline SECONDS   first measure GET /alive, which touches no data, for comparison (0.5; 0 for none)
          --json FILE          write the summary there too
          --help               this text

        A get must return the last acknowledged value. A write that was not answered leaves both outcomes open until
        a read settles it. In the end every key is read once more.

        Exit code: 0 all well; 1 wrong answers; 2 wrong arguments, or the store could not be started or reached;
        3 nothing wrong, but requests failed, a process ended by itself or copies did not come back; 130 interrupted.
        """;
}
