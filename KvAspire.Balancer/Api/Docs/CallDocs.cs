namespace KvAspire.Balancer.Api.Docs;

/// <summary>What the OpenAPI document says of a call.</summary>
/// <param name="Id">A name for generated clients; <c>HEAD</c> gets a suffix.</param>
/// <param name="Tag">The group it is listed in.</param>
/// <param name="Summary">One line.</param>
internal sealed record CallDocs(string Id, string Tag, string Summary)
{
    public string? Remarks { get; init; }

    /// <summary>The key is part of the path.</summary>
    public bool TakesKey { get; init; }

    /// <summary>A node's name is part of the path.</summary>
    public bool TakesNode { get; init; }

    /// <summary>The query parameter <c>ttl</c>.</summary>
    public bool TakesTimeToLive { get; init; }

    /// <summary>The headers <c>If-Match</c> and <c>If-None-Match</c>.</summary>
    public bool TakesConditions { get; init; }

    /// <summary>Media type of the body; null if there is none.</summary>
    public string? Body { get; init; }

    /// <summary>What the body is.</summary>
    public string BodyText { get; init; } = "The value: at least one byte, at most Store:MaxValueBytes (1 MiB unless configured).";

    /// <summary>Answers that are no errors.</summary>
    public IReadOnlyList<AnswerDocs> Answers { get; init; } = [];

    /// <summary>Statuses of the errors, whose texts are common to all calls.</summary>
    public IReadOnlyList<int> Problems { get; init; } = [];
}

/// <summary>What the OpenAPI document says of an answer.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Text">When it comes.</param>
/// <param name="Headers">Names from <see cref="HeaderDocs"/>.</param>
internal sealed record AnswerDocs(int Status, string Text, params IReadOnlyList<string> Headers)
{
    /// <summary>Type of the body; null if there is none, or its bytes are the client's own.</summary>
    public Type? Type { get; init; }

    /// <summary>Media type of the body; null if there is none.</summary>
    public string? ContentType { get; init; }
}
