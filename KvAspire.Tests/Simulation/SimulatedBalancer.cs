using KvAspire.Balancer;
using KvAspire.Balancer.Cluster;
using KvAspire.Balancer.Coordination;
using KvAspire.Balancer.Replication;
using KvAspire.Balancer.Store;
using Microsoft.Extensions.Options;

namespace KvAspire.Tests.Simulation;

/// <summary>A balancer, started again and again under the same name.</summary>
internal sealed class SimulatedBalancer(string name, SimulatedNetwork network, ClusterOptions options, SimulatedRules rules)
{
    private CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;

    /// <summary>It was asked to stop, and may not have come to it: a process that is paused does nothing.</summary>
    private bool _isStopping;

    public string Name => name;

    public SimulatedProcess? Process { get; private set; }

    public Coordinator? Coordinator { get; private set; }

    public IKeyValueStore? Store { get; private set; }

    public bool IsUp => Process is { IsAlive: true };

    public void Start()
    {
        var scheduler = network.Scheduler;
        var process = Process = new SimulatedProcess(name, scheduler, scheduler.Between(-3, 3));
        scheduler.Log.Write(name, "starts");
        _isStopping = false;
        process.Run(() =>
        {
            var telemetry = new BalancerTelemetry();
            process.AtEnd(telemetry.Dispose);
            var directory = new SimulatedNodeDirectory(network, process, options);
            Coordinator = new Coordinator(
                directory, Options.Create(options), process.Time, telemetry, new SimulatedLogger<Coordinator>(process), NewGuid, rules.Balancer);
            Store = new ReplicatedStore(
                Coordinator, Options.Create(options), process.Time, telemetry, new SimulatedLogger<ReplicatedStore>(process));
            _stop = new CancellationTokenSource();
            _running = Coordinator.RunAsync(_stop.Token);
        });
    }

    public void Kill()
    {
        network.Scheduler.Log.Write(name, "is killed");
        network.Scheduler.Log.CountFault("balancer killed");
        Process?.Kill();
    }

    /// <summary>Stops in good order, as on SIGTERM; then the process ends.</summary>
    public void Stop()
    {
        if (Process is not { } process || _isStopping)
        {
            return;
        }

        _isStopping = true;
        network.Scheduler.Log.Write(name, "is asked to stop");
        network.Scheduler.Log.CountFault("balancer stopped");
        process.Run(async () =>
        {
            _stop.Cancel();
            await _running;
            await Coordinator!.StopAsync(CancellationToken.None);
            process.Kill();
        });
    }

    private Guid NewGuid()
    {
        var bytes = new byte[16];
        network.Scheduler.Random.NextBytes(bytes);
        return new Guid(bytes);
    }
}
