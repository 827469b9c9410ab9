using System.Text.Json;

namespace KvAspire.Load.Client;

/// <summary>The part of <c>GET /cluster</c> that the driver needs.</summary>
/// <param name="State"><c>serving</c>, <c>starting</c> or <c>standby</c>.</param>
/// <param name="Slots">How the slots fare.</param>
/// <param name="Nodes">The members.</param>
/// <param name="Moves">Copying under way.</param>
internal sealed record ClusterState(
    string State, ClusterState.SlotCounts Slots, IReadOnlyList<ClusterState.Node> Nodes, IReadOnlyList<ClusterState.Move>? Moves = null)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true };

    internal sealed record SlotCounts(int Total, int FullyReplicated, int Unavailable);

    internal sealed record Node(string Name, string State, int InSyncSlots = 0, int CatchingUpSlots = 0);

    internal sealed record Move(string Node, long Entries, long Bytes, DateTimeOffset Started);

    /// <summary>Every slot has all its copies, and every member is there.</summary>
    public bool IsWhole =>
        State == "serving" && Slots.Total > 0 && Slots.FullyReplicated == Slots.Total && Nodes.All(node => node.State == "active");

    /// <summary>Whole, and no node is being filled: every copy is in its place.</summary>
    public bool IsSettled => IsWhole && Nodes.All(node => node.CatchingUpSlots == 0);

    public bool IsActive(string name) => Nodes.Any(node => node.Name == name && node.State == "active");

    /// <returns>The state; null if the answer is not one.</returns>
    public static ClusterState? Read(in StoreAnswer answer)
    {
        try
        {
            return answer.Status == 200 ? JsonSerializer.Deserialize<ClusterState>(answer.Body.Span, Json) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
