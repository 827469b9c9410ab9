namespace KvAspire.Balancer.Api;

/// <summary>What the API accepts; configuration section <c>Store</c>.</summary>
internal sealed class ApiOptions
{
    public const string Section = "Store";

    /// <summary>The highest limit that can be configured: a value is held in memory as a whole, on every hop.</summary>
    public const int HighestMaxValueBytes = 64 * 1024 * 1024;

    /// <summary>The largest value that is stored, in bytes of the request's body. Default: 1 MiB.</summary>
    public int MaxValueBytes { get; set; } = 1024 * 1024;

    public bool IsValid => MaxValueBytes is > 0 and <= HighestMaxValueBytes;
}
