namespace KvAspire.ServiceDefaults;

/// <summary>What a <c>Cluster:Secret</c> may be; balancers and nodes have one rule, since they show it to each other.</summary>
public static class ClusterSecret
{
    /// <summary>The sentence that says what to change; null if the secret can travel as the value of a header (RFC 9110, 5.5), or is empty.</summary>
    public static string? ProblemOf(string secret) =>
        secret.AsSpan().ContainsAnyExceptInRange(' ', '~') || secret.Trim(' ').Length < secret.Length
            ? "Set Cluster:Secret to printable ASCII characters, without blanks at its ends: it travels as the value of a header."
            : null;
}
