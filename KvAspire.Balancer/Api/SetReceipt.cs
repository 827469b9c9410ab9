namespace KvAspire.Balancer.Api;

/// <summary>The answer to <c>POST /set/{key}</c>.</summary>
/// <param name="Key">As stored.</param>
/// <param name="Version">The version written, the same as the <c>ETag</c>.</param>
/// <param name="Replicas">Copies that acknowledged.</param>
internal sealed record SetReceipt(string Key, string Version, int Replicas);
