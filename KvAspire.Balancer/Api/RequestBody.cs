using System.Buffers;

namespace KvAspire.Balancer.Api;

/// <summary>Reads a request's body into one array of its exact size.</summary>
internal static class RequestBody
{
    /// <param name="request">Its body must not have been read.</param>
    /// <param name="maxBytes">A longer body is refused, whether its length is declared or not.</param>
    /// <returns>The body, or what is wrong: 413 too large, 422 empty.</returns>
    public static async ValueTask<(byte[] Value, Problem? Problem)> ReadAsync(HttpRequest request, int maxBytes)
    {
        if (request.ContentLength > maxBytes)
        {
            return ([], TooLarge(maxBytes));
        }

        var reader = request.BodyReader;
        while (true)
        {
            var result = await reader.ReadAsync();
            var buffer = result.Buffer;
            if (buffer.Length > maxBytes)
            {
                reader.AdvanceTo(buffer.End);
                return ([], TooLarge(maxBytes));
            }

            if (result.IsCompleted)
            {
                var value = buffer.ToArray();
                reader.AdvanceTo(buffer.End);
                return (value, value.Length > 0 ? null : Empty);
            }

            // Looked at and kept: the pipe holds it until all is there.
            reader.AdvanceTo(buffer.Start, buffer.End);
        }
    }

    private static Problem Empty { get; } = new(
        StatusCodes.Status422UnprocessableEntity,
        "The body is empty. Send the value as the body, or remove the key with DELETE /kv/{key}.");

    private static Problem TooLarge(int maxBytes) => new(
        StatusCodes.Status413PayloadTooLarge,
        $"The value is larger than {maxBytes} bytes. Send less, split it over several keys, or raise Store:MaxValueBytes.");
}
