using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace KvAspire.Tests.Simulation.Campaigns;

/// <summary>Runs the simulation from many seeds, as told on the command line.</summary>
internal static class SimulateCommand
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Converters = { new JsonStringEnumConverter() },
    };

    public static async Task<int> RunAsync(string[] args)
    {
        if (args is ["--help" or "-h", ..])
        {
            Console.WriteLine(CampaignOptions.Help.Replace("{0}", string.Join(", ", Enum.GetNames<Scenario>()), StringComparison.Ordinal));
            return 0;
        }

        try
        {
            return await RunAsync(CampaignOptions.Parse(args));
        }
        catch (ArgumentException e)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return 2;
        }
    }

    private static async Task<int> RunAsync(CampaignOptions options)
    {
        using var interrupted = new CancellationTokenSource();
        using var onInterrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var onTerminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        var console = new CampaignConsole(options, Console.Out, !Console.IsOutputRedirected);
        var campaign = new Campaign(options, console.Failed);
        var running = campaign.RunAsync(interrupted.Token);
        while (await Task.WhenAny(running, Task.Delay(console.Interval, CancellationToken.None)) != running)
        {
            campaign.Look(so =>
            {
                console.Progress(so);
                return true;
            });
        }

        await running;
        return campaign.Look(all =>
        {
            console.Summary(all, isCutShort: all.Runs < options.Runs);
            if (options.JsonFile is { } file)
            {
                File.WriteAllText(file, JsonSerializer.Serialize(all, Json));
            }

            return all.Failures.Count == 0 ? 0 : 1;
        });

        void Stop(PosixSignalContext context)
        {
            // The runs in hand end by themselves; a second signal does not wait for them.
            context.Cancel = !interrupted.IsCancellationRequested;
            interrupted.Cancel();
        }
    }
}
