namespace KvAspire.Load.Options;

internal enum KeyChoice
{
    Random,
    Serial,
}

internal enum LoadMode
{
    Mixed,
    Set,
    Get,
}

/// <summary>What a run does. The defaults are those of the command line.</summary>
internal sealed record LoadOptions
{
    /// <summary>A running store; null to start one.</summary>
    public Uri? Url { get; init; }

    /// <summary>How many nodes to start, 1 to 100.</summary>
    public int Nodes { get; init; } = 3;

    /// <summary>HTTP port of the first node; its gRPC port is 1,000 higher, the next node's are one higher.</summary>
    public int Port { get; init; } = 3000;

    /// <summary>The balancer's port; null for 8081 or the next free one.</summary>
    public int? BalancerPort { get; init; }

    /// <summary>Storage engine of the nodes; null for their own default.</summary>
    public string? Engine { get; init; }

    /// <summary>Where nodes and logs are kept; null for a temporary directory.</summary>
    public string? DataDirectory { get; init; }

    /// <summary>Kill and restart each node in turn during the run.</summary>
    public bool Kill { get; init; }

    /// <summary>Add a node during a load of a constant rate, and compare how long answers take with before.</summary>
    public bool Join { get; init; }

    /// <summary>With <see cref="Join"/>: then remove that node for good and compare again.</summary>
    public bool Leave { get; init; }

    /// <summary>With <see cref="Join"/>: requests a second, whatever the answers take.</summary>
    public int Rate { get; init; } = 2000;

    /// <summary>With <see cref="Join"/>: how long to measure while nothing moves.</summary>
    public TimeSpan Rest { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Clients share keys; their history is recorded and checked.</summary>
    public bool Check { get; init; }

    /// <summary>Where to write the history; null for nowhere.</summary>
    public string? HistoryFile { get; init; }

    /// <summary>A history to check again, without a store; null for none.</summary>
    public string? CheckFile { get; init; }

    public KeyChoice Choice { get; init; } = KeyChoice.Random;

    public LoadMode Mode { get; init; } = LoadMode.Mixed;

    /// <summary>How many requests to make; ignored if <see cref="Duration"/> is given.</summary>
    public long Requests { get; init; } = 1000;

    /// <summary>How long to make requests; null to count them instead.</summary>
    public TimeSpan? Duration { get; init; }

    /// <summary>Requests under way at a time; null for 16, or 64 with <see cref="Join"/>.</summary>
    public int? Concurrency { get; init; }

    /// <summary>Size of the key space; null for half of the requests, or 10,000 if the run is timed, or 1,000,000 with <see cref="Join"/>.</summary>
    public int? Keys { get; init; }

    /// <summary>Bytes of a value.</summary>
    public int ValueSize { get; init; } = 100;

    /// <summary>Decides which operations each worker makes, in which order.</summary>
    public ulong Seed { get; init; }

    /// <summary>How long to wait for an answer.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long to measure an endpoint that does nothing, for comparison; zero to leave it out.</summary>
    public TimeSpan Baseline { get; init; } = TimeSpan.FromSeconds(0.5);

    /// <summary>Where to write the summary as JSON; null for nowhere.</summary>
    public string? JsonFile { get; init; }

    /// <summary>The size of the key space.</summary>
    public int KeyCount =>
        Keys ?? (Join ? 1_000_000 : Duration is null ? (int)Math.Clamp(Requests / 2, 1, 1_000_000) : 10_000);

    /// <summary>How many workers: no more than keys, since each key belongs to one worker.</summary>
    public int Workers => (int)Math.Min(Math.Min(Concurrency ?? (Join ? 64 : 16), Check ? int.MaxValue : KeyCount), Join || Duration is not null ? long.MaxValue : Requests);
}
