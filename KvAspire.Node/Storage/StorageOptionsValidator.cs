using Microsoft.Extensions.Options;

namespace KvAspire.Node.Storage;

/// <summary>Each fault is one sentence that says what to change.</summary>
internal sealed class StorageOptionsValidator : IValidateOptions<StorageOptions>
{
    public ValidateOptionsResult Validate(string? name, StorageOptions options)
    {
        var faults = Faults(options).ToList();
        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }

    private static IEnumerable<string> Faults(StorageOptions options)
    {
        if (!Enum.IsDefined(options.Engine))
        {
            yield return $"Storage:Engine is {options.Engine}: set it to RocksDb or Memory.";
        }

        if (!Enum.IsDefined(options.Fsync))
        {
            yield return $"Storage:Fsync is {options.Fsync}: set it to OnView or Always.";
        }

        if (options.Engine == StorageEngineKind.RocksDb && string.IsNullOrWhiteSpace(options.Path))
        {
            yield return "Storage:Path is not set: give the directory for this node's data, or set Storage:Engine to Memory.";
        }
        else if (options.Path.Contains('\0', StringComparison.Ordinal))
        {
            yield return "Storage:Path contains a NUL character: give the path of a directory.";
        }

        foreach (var (key, value, low, high) in Ranges(options))
        {
            if (value < low || value > high)
            {
                yield return $"Storage:{key} is {value}: set it to a number from {low} to {high}.";
            }
        }
    }

    private static IEnumerable<(string Key, int Value, int Low, int High)> Ranges(StorageOptions options) =>
    [
        (nameof(options.SyncIntervalMilliseconds), options.SyncIntervalMilliseconds, 10, 60_000),
        (nameof(options.BlockCacheMegabytes), options.BlockCacheMegabytes, 1, 65_536),
        (nameof(options.WriteBufferMegabytes), options.WriteBufferMegabytes, 1, 1_024),
    ];
}
