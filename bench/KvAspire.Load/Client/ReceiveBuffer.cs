namespace KvAspire.Load.Client;

/// <summary>Takes the bodies of one worker's answers, one after another, without new memory for each.</summary>
internal sealed class ReceiveBuffer
{
    private byte[] _bytes = new byte[4096];

    /// <summary>Reads the content to its end. The result is valid until the next call.</summary>
    public async ValueTask<ReadOnlyMemory<byte>> ReadAsync(HttpContent content, CancellationToken cancellationToken)
    {
        await using var stream = await content.ReadAsStreamAsync(cancellationToken);
        var length = 0;
        int read;
        while ((read = await stream.ReadAsync(_bytes.AsMemory(length), cancellationToken)) > 0)
        {
            length += read;
            if (length == _bytes.Length)
            {
                Array.Resize(ref _bytes, _bytes.Length * 2);
            }
        }

        return _bytes.AsMemory(0, length);
    }
}
