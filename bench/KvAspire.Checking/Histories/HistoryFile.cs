using System.Text.Json;
using System.Text.Json.Serialization;

namespace KvAspire.Checking.Histories;

/// <summary>
/// A history on disk: JSON lines, one operation a line, times in microseconds of one clock that all clients share. A line
/// without <c>end</c> is an operation whose outcome is unknown.
/// </summary>
internal static class HistoryFile
{
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">As above.</exception>
    public static async Task WriteAsync(string path, History history)
    {
        await using var writer = new StreamWriter(path);
        foreach (var key in history.Keys.Order(StringComparer.Ordinal))
        {
            foreach (var operation in history.Of(key).OrderBy(o => o.Start))
            {
                await writer.WriteLineAsync(JsonSerializer.Serialize(Line.Of(key, operation), LineJson.Default.Line));
            }
        }
    }

    /// <exception cref="InvalidDataException">A line is not an operation; says which one and why.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">As above.</exception>
    public static async Task<History> ReadAsync(string path, CancellationToken cancellationToken = default)
    {
        var history = new History();
        using var reader = new StreamReader(path);
        for (var number = 1; await reader.ReadLineAsync(cancellationToken) is { } text; number++)
        {
            if (text.Length == 0)
            {
                continue;
            }

            try
            {
                var line = JsonSerializer.Deserialize(text, LineJson.Default.Line) ?? throw new JsonException("null is no operation");
                line.AddTo(history);
            }
            catch (JsonException e)
            {
                throw new InvalidDataException($"Line {number} of {path} is not an operation: {e.Message}", e);
            }
        }

        return history;
    }
}

/// <summary>One line of the file.</summary>
internal sealed record Line(
    [property: JsonRequired] string Key,
    int Client,
    [property: JsonRequired] OperationKind Kind,
    string? Value,
    string? Expected,
    long? Ttl,
    [property: JsonRequired] long Start,
    long? End,
    [property: JsonRequired] OperationOutcome Outcome,
    string? Version = null,
    int? Status = null)
{
    public static Line Of(string key, Operation operation) => new(
        key,
        operation.Client,
        operation.Kind,
        operation.Value,
        operation.Expected,
        operation.TimeToLive,
        operation.Start,
        operation.Outcome == OperationOutcome.Unknown ? null : operation.End,
        operation.Outcome,
        operation.Version.IsNone ? null : operation.Version.ToString(),
        operation.Status == 0 ? null : operation.Status);

    /// <exception cref="JsonException">It contradicts itself.</exception>
    public void AddTo(History history)
    {
        if (Outcome != OperationOutcome.Unknown && !(End >= Start))
        {
            throw new JsonException("an operation with an outcome needs an end that is not before its start");
        }

        if (Kind is OperationKind.WriteIfMatch or OperationKind.WriteIfNoMatch or OperationKind.Expiry && Expected is null)
        {
            throw new JsonException($"{Kind} needs an expected value");
        }

        StoreVersion version = default;
        if (Version is not null && !StoreVersion.TryParse(Version, out version))
        {
            throw new JsonException($"'{Version}' is no version");
        }

        history.Add(Key, new Operation(Kind, Value, Expected, Start, End ?? 0, Outcome)
        {
            Client = Client,
            TimeToLive = Ttl,
            Version = version,
            Status = Status ?? 0,
        });
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(Line))]
internal sealed partial class LineJson : JsonSerializerContext;
