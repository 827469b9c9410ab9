using System.Text.Json;

namespace KvAspire.Offline;

/// <summary>Reads the environment of the AppHost's first launch profile, which nobody applies to it under a test.</summary>
internal static class LaunchProfile
{
    /// <summary>The variables, also without the prefixes that the configuration drops; nothing if there is no profile.</summary>
    public static Dictionary<string, string?> Read(string projectDirectory)
    {
        var all = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        var path = Path.Combine(projectDirectory, "Properties", "launchSettings.json");
        if (!File.Exists(path))
        {
            return all;
        }

        using var settings = JsonDocument.Parse(
            File.ReadAllText(path), new JsonDocumentOptions { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip });
        if (!settings.RootElement.TryGetProperty("profiles", out var profiles)
            || !profiles.EnumerateObject().First().Value.TryGetProperty("environmentVariables", out var variables))
        {
            return all;
        }

        foreach (var variable in variables.EnumerateObject())
        {
            var value = variable.Value.GetString();
            all[variable.Name] = value;
            foreach (var prefix in (string[])["DOTNET_", "ASPNETCORE_"])
            {
                if (variable.Name.StartsWith(prefix, StringComparison.Ordinal))
                {
                    all[variable.Name[prefix.Length..]] = value;
                }
            }
        }

        return all;
    }
}
