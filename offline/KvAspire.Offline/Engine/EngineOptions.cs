namespace KvAspire.Offline;

/// <summary>What the engine has to know about the application that it runs.</summary>
/// <param name="IsTest">Whether a test runs it: then nothing is printed, and there is no dashboard.</param>
/// <param name="RandomizePorts">Whether ports that were asked for are replaced by free ones, so that several applications can run.</param>
/// <param name="Dashboard">Whether the dashboard is wanted.</param>
/// <param name="Reason">Why the stand-in runs instead of the real Aspire, for people.</param>
/// <param name="Artifacts">The directory for what is fetched once and kept.</param>
/// <param name="AppHostName">The name of the AppHost, for people.</param>
internal sealed record EngineOptions(
    bool IsTest, bool RandomizePorts, bool Dashboard, string Reason, string Artifacts, string AppHostName);
