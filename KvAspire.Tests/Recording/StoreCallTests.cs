using System.Net;
using KvAspire.Checking;
using KvAspire.Checking.Recording;

namespace KvAspire.Tests.Recording;

public sealed class StoreCallTests
{
    private const string Known = "\"1.1.1\"";
    private const string NotDone = """{"status":503,"outcomeUnknown":false}""";

    [Fact]
    public async Task MakeAsync_ReadOfAValue_TellsItsVersionAndCopies()
    {
        var told = await MakeAsync(nameof(OperationKind.Read), null, FakeAnswers.Answer(HttpStatusCode.OK, "\"2.3.4\"", "x", "1/2"));

        Assert.Equal((OperationOutcome.Ok, "x", 200, "1/2"), (told.Outcome, told.Value, told.Status, told.Replicas));
        Assert.Equal(new StoreVersion(2, 3, 4), told.Version);
        Assert.Null(told.Unexpected);
    }

    [Theory]
    [InlineData(nameof(OperationKind.Read), null, 404, nameof(OperationOutcome.Ok))]
    [InlineData(nameof(OperationKind.Write), "x", 201, nameof(OperationOutcome.Ok))]
    [InlineData(nameof(OperationKind.WriteIfMatch), "x", 204, nameof(OperationOutcome.Ok))]
    [InlineData(nameof(OperationKind.WriteIfAbsent), "x", 412, nameof(OperationOutcome.NotPassed))]
    [InlineData(nameof(OperationKind.WriteIfExists), null, 204, nameof(OperationOutcome.Ok))]
    [InlineData(nameof(OperationKind.WriteIfExists), null, 404, nameof(OperationOutcome.NotPassed))]
    [InlineData(nameof(OperationKind.WriteIfMatch), null, 412, nameof(OperationOutcome.NotPassed))]
    [InlineData(nameof(OperationKind.Write), "x", 503, nameof(OperationOutcome.Unknown))]
    public async Task MakeAsync_AnswerOfTheApi_IsNotUnexpected(string kind, string? value, int status, string outcome)
    {
        var told = await MakeAsync(kind, value, FakeAnswers.Answer((HttpStatusCode)status, value is null || status > 204 ? null : Known));

        Assert.Equal((outcome, status), (told.Outcome.ToString(), told.Status));
        Assert.Null(told.Unexpected);
    }

    [Theory]
    [InlineData(429, "")]
    [InlineData(503, NotDone)]
    public async Task MakeAsync_SurelyNotDone_HasNoOutcome(int status, string body)
    {
        var told = await MakeAsync(nameof(OperationKind.Write), "x", FakeAnswers.Answer((HttpStatusCode)status, null, body));

        Assert.Null(told.Outcome);
        Assert.Null(told.Unexpected);
    }

    [Theory]
    [InlineData(nameof(OperationKind.Read), null, 500)]
    [InlineData(nameof(OperationKind.Read), null, 204)]
    [InlineData(nameof(OperationKind.Read), null, 412)]
    [InlineData(nameof(OperationKind.Write), "x", 400)]
    [InlineData(nameof(OperationKind.Write), "x", 200)]
    [InlineData(nameof(OperationKind.Write), "x", 404)]
    [InlineData(nameof(OperationKind.Write), "x", 412)]
    [InlineData(nameof(OperationKind.WriteIfExists), null, 201)]
    [InlineData(nameof(OperationKind.WriteIfMatch), "x", 415)]
    public async Task MakeAsync_AnswerThatTheApiDoesNotHave_LeavesEverythingOpenAndTellsOfIt(string kind, string? value, int status)
    {
        var told = await MakeAsync(kind, value, FakeAnswers.Answer((HttpStatusCode)status, Known, "because"));

        Assert.Equal(OperationOutcome.Unknown, told.Outcome);
        Assert.Contains($"was answered {status}", told.Unexpected, StringComparison.Ordinal);
        Assert.Contains("/kv/a%2Fb", told.Unexpected, StringComparison.Ordinal);
        Assert.EndsWith("because", told.Unexpected, StringComparison.Ordinal);
    }

    [Fact]
    public async Task MakeAsync_UnexpectedAnswerToACondition_TellsTheCondition()
    {
        var told = await MakeAsync(nameof(OperationKind.WriteIfNoMatch), "x", FakeAnswers.Answer(HttpStatusCode.InternalServerError));

        Assert.StartsWith($"PUT http://store/kv/a%2Fb?ttl=1.5, If-None-Match: {Known} was answered 500", told.Unexpected, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(nameof(OperationKind.Read), null, 200, null)]
    [InlineData(nameof(OperationKind.Write), "x", 204, null)]
    [InlineData(nameof(OperationKind.Write), "x", 201, "\"abc\"")]
    public async Task MakeAsync_ValueWithoutAVersion_IsUnexpected(string kind, string? value, int status, string? entityTag)
    {
        var told = await MakeAsync(kind, value, FakeAnswers.Answer((HttpStatusCode)status, entityTag, value is null ? "x" : ""));

        Assert.Equal(OperationOutcome.Ok, told.Outcome);
        Assert.NotNull(told.Unexpected);
    }

    private static async Task<CallResult> MakeAsync(string kind, string? value, HttpResponseMessage answer)
    {
        using var store = new FakeAnswers(_ => answer);
        using var http = store.CreateClient();
        return await StoreCall.MakeAsync(http, "a/b", Enum.Parse<OperationKind>(kind), value, Known, value is null ? null : TimeSpan.FromSeconds(1.5), CancellationToken.None);
    }
}
