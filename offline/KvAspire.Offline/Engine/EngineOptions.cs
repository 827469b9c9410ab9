namespace KvAspire.Offline;

/// <summary>What the engine has to know about the application that it runs.</summary>
/// <param name="IsTest">Whether a test runs it: then nothing is printed, and there is no dashboard.</param>
/// <param name="RandomizePorts">Whether ports that were asked for are replaced by free ones, so that several applications can run.</param>
/// <param name="Dashboard">Whether the dashboard is wanted.</param>
/// <param name="Reason">Why the stand-in runs instead of the real Aspire, for people.</param>
/// <param name="AppHostDirectory">The directory of the AppHost's project.</param>
internal sealed record EngineOptions(bool IsTest, bool RandomizePorts, bool Dashboard, string Reason, string AppHostDirectory);
