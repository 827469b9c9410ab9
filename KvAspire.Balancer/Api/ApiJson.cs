using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using KvAspire.Balancer.Store;

namespace KvAspire.Balancer.Api;

/// <summary>The JSON that the API itself writes; stored values never pass through it.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.Never)]
[JsonSerializable(typeof(SetReceipt))]
[JsonSerializable(typeof(Problem))]
[JsonSerializable(typeof(ClusterStatus))]
[JsonSerializable(typeof(KeyPlacement))]
[JsonSerializable(typeof(NodeRequest))]
[JsonSerializable(typeof(NodeReceipt))]
internal sealed partial class ApiJson : JsonSerializerContext
{
    /// <summary>For programs: one line, and nothing where there is nothing to say.</summary>
    public static ApiJson OneLine { get; } = new(Readable(new JsonSerializerOptions(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    }));

    /// <summary>For people: indented, with every member.</summary>
    public static ApiJson Indented { get; } = new(Readable(new JsonSerializerOptions(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
    }));

    // Keys and apostrophes are shown as they are, not as \u escapes: the media type says that this is no HTML.
    private static JsonSerializerOptions Readable(JsonSerializerOptions options)
    {
        options.Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
        return options;
    }
}
