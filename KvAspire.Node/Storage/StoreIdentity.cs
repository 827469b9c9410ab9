using System.Text.Json.Serialization;

namespace KvAspire.Node.Storage;

/// <summary>What the file <c>node.json</c> in a data directory says.</summary>
/// <param name="Format">Of the directory as a whole; a program refuses one that it does not know.</param>
/// <param name="Store">32 hex digits, made when the directory was empty.</param>
/// <param name="Node">The name of the node that the data belongs to.</param>
/// <param name="Starts">How often the directory was opened; grows with each.</param>
/// <param name="Boot">Which run of the operating system opened it last; null if that cannot be told.</param>
/// <param name="IsSynced">Whatever was acknowledged since it was last closed in good order was synced.</param>
/// <param name="IsClosed">It was closed in good order, with everything synced.</param>
/// <param name="WholeSince">The first start since which no power cut can have taken anything that was acknowledged; 0 if none ever did.</param>
/// <param name="IsTorn">A power cut may have taken some of what was written last, and the database has not been opened since.</param>
/// <param name="HasFailedSync">A sync has failed: the system may have given up what it had not written by then.</param>
internal sealed record StoreIdentity(
    int Format,
    string Store,
    string Node,
    ulong Starts,
    string? Boot = null,
    bool IsSynced = false,
    bool IsClosed = false,
    ulong WholeSince = 0,
    bool IsTorn = false,
    bool HasFailedSync = false)
{
    public const int CurrentFormat = 1;

    public static StoreIdentity Create(string node) => new(CurrentFormat, Guid.NewGuid().ToString("N"), node, 0);

    /// <summary>Opened once more.</summary>
    /// <param name="boot">This run of the operating system.</param>
    /// <param name="isSynced">Whatever is acknowledged from now on is synced before.</param>
    public StoreIdentity Open(string? boot, bool isSynced)
    {
        // Another run of the system after an end that was not in good order: what it had not written to the medium is gone.
        var lostPower = Starts > 0 && !IsClosed && !IsSynced && (HasFailedSync || (Boot is not null && boot is not null && Boot != boot));
        var isTorn = Starts > 0 && !IsClosed && (HasFailedSync || Boot is null || boot is null || Boot != boot);
        return this with
        {
            Starts = Starts + 1,
            Boot = boot,
            // What an earlier process left may have to be synced yet.
            IsSynced = isSynced && (Starts == 0 || IsClosed || IsSynced),
            IsClosed = false,
            WholeSince = lostPower ? Starts + 1 : WholeSince,
            IsTorn = IsTorn || isTorn,
            HasFailedSync = false,
        };
    }

    [JsonIgnore]
    public bool IsWhole => Starts > 0 && !string.IsNullOrEmpty(Node) && Store is { Length: 32 } && Store.All(char.IsAsciiHexDigitLower);
}

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(StoreIdentity))]
internal sealed partial class StoreIdentityJson : JsonSerializerContext;
