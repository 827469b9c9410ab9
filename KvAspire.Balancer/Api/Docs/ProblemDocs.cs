namespace KvAspire.Balancer.Api.Docs;

/// <summary>What each error means, over all calls.</summary>
internal static class ProblemDocs
{
    public static readonly IReadOnlyDictionary<int, string> Texts = new Dictionary<int, string>
    {
        [400] = "The key, the body, a header or a parameter is malformed; the detail says which, and for JSON line and column say where.",
        [403] = "The request comes from a page of another web site; nothing was changed.",
        [404] = "There is none: the key was never stored, was deleted, or has expired; or no node has that name.",
        [409] = "Not possible as things stand; the detail says what would have to change.",
        [412] = "The condition does not hold; nothing was changed.",
        [413] = "The body is too large: of a value more than Store:MaxValueBytes.",
        [415] = "The body is declared to be something other than JSON in UTF-8, where that is asked for, or to have a Content-Encoding.",
        [422] = "The body is empty.",
        [429] = "More at once than the store can take. Try again later, and with less at a time.",
        [500] = "Something failed that should not have; the balancer's log says what.",
        [503] = "No copy of the key can be used now. waitingFor names the nodes whose return would help; with outcomeUnknown a write may have taken effect, or may still do so.",
    };
}
