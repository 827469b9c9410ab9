using System.Buffers;

namespace KvAspire.Balancer.Api;

/// <summary>Reads a request's body into one array of its exact size.</summary>
internal static class RequestBody
{
    /// <param name="request">Its body must not have been read.</param>
    /// <param name="maxBytes">A longer body is refused, whether its length is declared or not.</param>
    /// <param name="ifTooLarge">What to say of a longer body.</param>
    /// <param name="ifEmpty">What to say if there is no body.</param>
    /// <returns>The body, or what is wrong: 413 too large, 422 empty.</returns>
    public static async ValueTask<(byte[] Value, Problem? Problem)> ReadAsync(
        HttpRequest request, int maxBytes, string ifTooLarge, string ifEmpty)
    {
        if (request.ContentLength > maxBytes)
        {
            return ([], TooLarge(ifTooLarge));
        }

        var reader = request.BodyReader;
        while (true)
        {
            var result = await reader.ReadAsync();
            var buffer = result.Buffer;
            if (buffer.Length > maxBytes)
            {
                reader.AdvanceTo(buffer.End);
                return ([], TooLarge(ifTooLarge));
            }

            if (result.IsCompleted)
            {
                var value = buffer.ToArray();
                reader.AdvanceTo(buffer.End);
                return (value, value.Length > 0 ? null : Empty(ifEmpty));
            }

            // Looked at and kept: the pipe holds it until all is there.
            reader.AdvanceTo(buffer.Start, buffer.End);
        }
    }

    private static Problem Empty(string detail) => new(StatusCodes.Status422UnprocessableEntity, detail);

    private static Problem TooLarge(string detail) => new(StatusCodes.Status413PayloadTooLarge, detail);
}
