using KvAspire.Tests.Faults;
using KvAspire.Tests.Simulation;
using KvAspire.Tests.Simulation.Campaigns;

namespace KvAspire.Tests;

/// <summary>
/// What is too long for <c>dotnet test</c>: <c>dotnet run -c Release --project KvAspire.Tests -- COMMAND</c>.
/// </summary>
internal static class Program
{
    /// <summary>Each takes the arguments after its name and gives the exit code: 0 if all is well.</summary>
    private static readonly (string Name, string Help, Func<string[], Task<int>> Run)[] Commands =
    [
        ("simulate", "runs the simulated cluster under faults, from many seeds", SimulateCommand.RunAsync),
        ("mutations", "breaks each rule of the protocol and says how soon the simulation notices", MutationsCommand.RunAsync),
        ("faults", "kills, pauses and cuts off the real processes under load, and checks what the clients saw", FaultsCommand.RunAsync),
    ];

    private static async Task<int> Main(string[] args)
    {
        foreach (var command in Commands)
        {
            if (args is [var name, .. var rest] && name == command.Name)
            {
                return await command.Run(rest);
            }
        }

        await Console.Error.WriteLineAsync("Commands (each tells more with --help):");
        foreach (var (name, help, _) in Commands)
        {
            await Console.Error.WriteLineAsync($"  {name,-12} {help}");
        }

        return 2;
    }
}
