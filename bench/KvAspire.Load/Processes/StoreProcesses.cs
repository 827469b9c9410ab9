using System.Diagnostics;
using KvAspire.Load.Client;
using KvAspire.Load.Options;
using KvAspire.Load.Running;

namespace KvAspire.Load.Processes;

/// <summary>A store of nodes and one balancer, as processes on this machine; they end with this object.</summary>
internal sealed class StoreProcesses : INodeControl, IAsyncDisposable
{
    private const int GrpcPortOffset = 1000;
    private const int DefaultBalancerPort = 8081;
    private const string BalancerName = "balancer";

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);

    private readonly List<ChildProcess> _nodes = [];
    private readonly ChildProcess _balancer;

    private StoreProcesses(LoadOptions options, string dataDirectory, int balancerPort)
    {
        var logs = Directory.CreateDirectory(Path.Combine(dataDirectory, "logs")).FullName;
        LogDirectory = logs;
        Address = new Uri($"http://127.0.0.1:{balancerPort}");
        var nodeAssembly = ServiceAssembly.Find("KvAspire.Node");
        var balancerAssembly = ServiceAssembly.Find("KvAspire.Balancer");
        List<string> balancer = [.. CommonArguments(balancerPort)];
        for (var i = 0; i < Count(options); i++)
        {
            var name = $"node{i + 1}";
            var (http, grpc) = PortsOf(options, i);
            List<string> node = [.. CommonArguments(http), $"--Node:Name={name}", $"--Node:GrpcPort={grpc}", $"--Storage:Path={Path.Combine(dataDirectory, name)}"];
            if (options.Engine is { } engine)
            {
                node.Add($"--Storage:Engine={engine}");
            }

            _nodes.Add(new ChildProcess(name, nodeAssembly, node, Path.Combine(logs, name + ".log")));
            balancer.Add($"--Services:{name}:grpc:0=http://127.0.0.1:{grpc}");
            if (i < options.Nodes)
            {
                balancer.Add($"--Cluster:Nodes:{i}={name}");
            }
        }

        _balancer = new ChildProcess(BalancerName, balancerAssembly, balancer, Path.Combine(logs, BalancerName + ".log"));
    }

    /// <summary>The balancer's address.</summary>
    public Uri Address { get; }

    /// <summary>One log for each process.</summary>
    public string LogDirectory { get; }

    public IReadOnlyList<string> Nodes => [.. _nodes.Select(node => node.Name)];

    /// <summary>The node that runs and is no member yet, if there is one.</summary>
    public string Spare => _nodes[^1].Name;

    /// <summary>Starts the store.</summary>
    /// <param name="options">How many nodes, which ports, which engine.</param>
    /// <param name="dataDirectory">Where to keep data and logs; made if it is not there.</param>
    /// <exception cref="LoadException">A port is in use, or a service is not built.</exception>
    public static StoreProcesses Start(LoadOptions options, string dataDirectory)
    {
        var balancerPort = ChooseBalancerPort(options);
        StoreProcesses store;
        try
        {
            store = new StoreProcesses(options, Path.GetFullPath(dataDirectory), balancerPort);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new LoadException($"--data: {exception.Message}");
        }

        foreach (var process in store.All)
        {
            process.Start();
        }

        return store;
    }

    /// <summary>Waits until the balancer serves.</summary>
    /// <exception cref="LoadException">It does not, or a process has ended.</exception>
    public async Task WaitUntilReadyAsync(StoreClient client, CancellationToken cancelled)
    {
        using var deadline = new Deadline(TimeSpan.FromSeconds(5), cancelled);
        var buffer = new ReceiveBuffer();
        var begun = Stopwatch.GetTimestamp();
        StoreAnswer answer = default;
        do
        {
            if (All.FirstOrDefault(process => process.EndedByItselfWith is not null) is { } ended)
            {
                throw new LoadException($"{ended.Name} ended with exit code {ended.EndedByItselfWith}. The end of {ended.LogPath}:{Environment.NewLine}{ended.LogTail(15)}");
            }

            answer = await client.ReadPageAsync("health", buffer, deadline);
            if (answer.Status == 200)
            {
                return;
            }

            await Task.Delay(Poll, cancelled);
        }
        while (Stopwatch.GetElapsedTime(begun) < StartLimit);
        throw new LoadException($"The balancer was not ready after {StartLimit.TotalSeconds} s: its /health ended in '{answer.Label}'. The logs are in {LogDirectory}.");
    }

    /// <summary>A sentence for each process that ended though nobody asked it to.</summary>
    public IReadOnlyList<string> FindEnded() =>
        [.. All.Where(process => process.EndedByItselfWith is not null)
            .Select(process => $"{process.Name} ended by itself with exit code {process.EndedByItselfWith}; see {process.LogPath}.")];

    public Task KillAsync(string node) => Find(node).KillAsync();

    void INodeControl.Start(string node) => Find(node).Start();

    public async ValueTask DisposeAsync()
    {
        // The balancer first: it need not see the nodes go.
        foreach (var process in All.Reverse())
        {
            await process.DisposeAsync();
        }
    }

    private IEnumerable<ChildProcess> All => [.. _nodes, _balancer];

    private ChildProcess Find(string node) => _nodes.Single(process => process.Name == node);

    /// <summary>For a join one more runs, and the cluster begins without it.</summary>
    private static int Count(LoadOptions options) => options.Join ? options.Nodes + 1 : options.Nodes;

    private static (int Http, int Grpc) PortsOf(LoadOptions options, int index) =>
        (options.Port + index, options.Port + GrpcPortOffset + index);

    private static string[] CommonArguments(int port) =>
        ["--urls", $"http://127.0.0.1:{port}", "--Logging:LogLevel:Microsoft.AspNetCore=Warning"];

    private static int ChooseBalancerPort(LoadOptions options)
    {
        var taken = new HashSet<int>();
        for (var i = 0; i < Count(options); i++)
        {
            var (http, grpc) = PortsOf(options, i);
            Ports.MustBeFree(http, $"node{i + 1}", "--port");
            Ports.MustBeFree(grpc, $"node{i + 1} (gRPC)", "--port");
            taken.Add(http);
            taken.Add(grpc);
        }

        if (options.BalancerPort is not { } chosen)
        {
            return Ports.FirstFree(DefaultBalancerPort, taken, "the balancer", "--balancer-port");
        }

        if (taken.Contains(chosen))
        {
            throw new LoadException($"Port {chosen} is a node's: choose another --balancer-port or --port.");
        }

        Ports.MustBeFree(chosen, "the balancer", "--balancer-port");
        return chosen;
    }
}
