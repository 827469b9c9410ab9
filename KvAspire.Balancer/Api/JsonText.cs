using System.Text.Json;
using System.Text.Unicode;

namespace KvAspire.Balancer.Api;

/// <summary>Checks that bytes are one JSON text (RFC 8259) and nothing else; nothing lax is allowed.</summary>
internal static class JsonText
{
    /// <summary>How deep arrays and objects may be nested.</summary>
    public const int MaxDepth = 64;

    private static readonly JsonReaderOptions Strict = new()
    {
        AllowTrailingCommas = false,
        CommentHandling = JsonCommentHandling.Disallow,
        // One more than is taken, to tell this fault from others.
        MaxDepth = MaxDepth + 1,
    };

    /// <returns>What is wrong and where, or null.</returns>
    public static Problem? FindFault(ReadOnlySpan<byte> text)
    {
        // The reader does not look into strings that nobody asks for.
        if (!Utf8.IsValid(text))
        {
            return Problem.BadRequest("The body is not valid UTF-8, so it is not JSON. Send JSON in UTF-8, or store other bytes with PUT /kv/{key}.");
        }

        if (text.StartsWith("\uFEFF"u8))
        {
            return Problem.BadRequest("The body begins with a byte order mark, which JSON must not have. Send it without.");
        }

        var reader = new Utf8JsonReader(text, Strict);
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType is JsonTokenType.StartArray or JsonTokenType.StartObject && reader.CurrentDepth >= MaxDepth)
                {
                    return Problem.BadRequest(
                        $"The body is nested deeper than {MaxDepth} at byte {reader.TokenStartIndex + 1}. Send it flatter, or store it with PUT /kv/{{key}}.");
                }
            }

            return null;
        }
        catch (JsonException e)
        {
            var (line, column) = (e.LineNumber.GetValueOrDefault() + 1, e.BytePositionInLine.GetValueOrDefault() + 1);
            return Problem.BadRequest(
                $"The body is not JSON: see line {line}, byte {column}. Text goes in double quotes; other formats go to PUT /kv/{{key}}.") with
            {
                Line = line,
                Column = column,
            };
        }
    }
}
