namespace KvAspire.Checking;

/// <summary>Statuses of a write that was done.</summary>
internal static class WriteStatus
{
    /// <summary>The key had no value before.</summary>
    public const int Created = 201;

    /// <summary>It had one, as far as the store knows; or a value was deleted.</summary>
    public const int NoContent = 204;
}
