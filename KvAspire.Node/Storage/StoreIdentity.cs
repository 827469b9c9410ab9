using System.Text.Json.Serialization;

namespace KvAspire.Node.Storage;

/// <summary>What the file <c>node.json</c> in a data directory says.</summary>
/// <param name="Format">Of the directory as a whole; a program refuses one that it does not know.</param>
/// <param name="Store">32 hex digits, made when the directory was empty.</param>
/// <param name="Node">The name of the node that the data belongs to.</param>
/// <param name="Starts">How often the directory was opened; grows with each.</param>
internal sealed record StoreIdentity(int Format, string Store, string Node, ulong Starts)
{
    public const int CurrentFormat = 1;

    public static StoreIdentity Create(string node) => new(CurrentFormat, Guid.NewGuid().ToString("N"), node, 0);

    public bool IsWhole => Starts > 0 && !string.IsNullOrEmpty(Node) && Store is { Length: 32 } && Store.All(char.IsAsciiHexDigitLower);
}

[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(StoreIdentity))]
internal sealed partial class StoreIdentityJson : JsonSerializerContext;
