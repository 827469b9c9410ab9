using System.Diagnostics.Metrics;
using KvAspire.Balancer;
using KvAspire.Balancer.Cluster;
using KvAspire.Balancer.Coordination;
using KvAspire.Balancer.Store;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace KvAspire.Tests.Hosting;

public sealed class BalancerTelemetryTests : IDisposable
{
    private static readonly string[] s_names =
        [BalancerTelemetry.ServingName, BalancerTelemetry.MissingCopiesName, BalancerTelemetry.UnservedSlotsName];

    private readonly BalancerTelemetry _telemetry = new();

    public void Dispose() => _telemetry.Dispose();

    [Fact]
    public void Measure_BalancerWithoutAView_SaysThatItDoesNotServeAndNothingOfCopies()
    {
        var options = Options.Create(new ClusterOptions());
        using var coordinator = new Coordinator(null!, options, TimeProvider.System, _telemetry, NullLogger<Coordinator>.Instance);
        _ = new ClusterInfo(coordinator, null!, options, _telemetry);

        Assert.Equal([(BalancerTelemetry.ServingName, 0)], Measure());
    }

    [Fact]
    public void Measure_ViewInForce_TellsWhatIsMissingOfIt()
    {
        _telemetry.ObserveServing(() => true);
        _telemetry.ObserveSlots(() => new SlotSummary(1024, 1000, MissingCopies: 24, Unavailable: 3));

        Assert.Equal(
            [(BalancerTelemetry.ServingName, 1), (BalancerTelemetry.MissingCopiesName, 24), (BalancerTelemetry.UnservedSlotsName, 3)],
            Measure());
    }

    /// <summary>The gauges of this test; nothing else in the tests has any of these names.</summary>
    private static List<(string Name, int Value)> Measure()
    {
        var measured = new List<(string, int)>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (s_names.Contains(instrument.Name))
                {
                    self.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<int>((instrument, value, _, _) => measured.Add((instrument.Name, value)));
        listener.Start();
        listener.RecordObservableInstruments();
        return measured;
    }
}
