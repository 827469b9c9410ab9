namespace KvAspire.ServiceDefaults;

/// <summary>What a node may be called: service discovery must be able to ask for it as for a host.</summary>
public static class NodeName
{
    /// <summary>The longest name, in characters.</summary>
    public const int MaxLength = 64;

    /// <summary>The rule in words, to go on after "a name of ".</summary>
    public const string Rule = "1 to 64 letters, digits, '-', '_' or '.', beginning and ending with a letter or digit, as does each part between dots";

    /// <summary>Whether a node may have this name.</summary>
    public static bool IsValid(string? name) =>
        name is { Length: > 0 and <= MaxLength } && name.Split('.').All(IsLabel);

    private static bool IsLabel(string label) =>
        label.Length > 0
        && char.IsAsciiLetterOrDigit(label[0])
        && char.IsAsciiLetterOrDigit(label[^1])
        && label.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');
}
