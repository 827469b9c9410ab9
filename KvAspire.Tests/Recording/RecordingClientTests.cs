using System.Globalization;
using System.Net;
using KvAspire.Checking;
using KvAspire.Checking.Histories;
using KvAspire.Checking.Recording;

namespace KvAspire.Tests.Recording;

public sealed class RecordingClientTests
{
    private readonly History _history = new();
    private readonly List<string> _requests = [];
    private HttpStatusCode _written = HttpStatusCode.NoContent;
    private int _version;

    [Fact]
    public async Task StepAsync_AnswersWithVersions_AreRecordedWithThem()
    {
        await StepAsync(new KeyRing("key", 1), 200);

        var operations = _history.Of("key-1");
        Assert.All(operations.Where(o => o.Kind == OperationKind.Read), o => Assert.Equal((404, true), (o.Status, o.Version.IsNone)));
        Assert.All(operations.Where(o => o.Kind != OperationKind.Read && o.Value is not null), o => Assert.Equal((204, false), (o.Status, o.Version.IsNone)));
        Assert.All(operations.Where(o => o.Kind != OperationKind.Read && o.Value is null), o => Assert.Equal((204, true), (o.Status, o.Version.IsNone)));
        Assert.True(operations.Count(o => !o.Version.IsNone) > 50);
    }

    [Fact]
    public async Task StepAsync_WriteIsAnsweredThatTheKeyIsNew_IsRecordedAsOnThatCondition()
    {
        _written = HttpStatusCode.Created;
        await StepAsync(new KeyRing("key", 1), 100);

        var puts = _history.Of("key-1").Where(o => o.Kind != OperationKind.Read && o.Value is not null).ToList();
        Assert.Contains(puts, o => o.Kind == OperationKind.WriteIfAbsent);
        Assert.DoesNotContain(puts, o => o.Kind == OperationKind.Write);
    }

    [Fact]
    public async Task StepAsync_Values_AreForAShortOrALongTimeWhateverTheCondition()
    {
        await StepAsync(new KeyRing("key", 1, operationsPerKey: int.MaxValue), 4000);

        var timed = _history.Of("key-1").Where(o => o.TimeToLive is not null).ToList();
        Assert.Contains(timed, o => o.Kind == OperationKind.Write);
        Assert.Contains(timed, o => o.Kind == OperationKind.WriteIfMatch);
        Assert.DoesNotContain(timed, o => o.Value is null);
        var seconds = timed.ConvertAll(o => o.TimeToLive!.Value / 1e6);
        Assert.All(seconds, s => Assert.True(s is (>= 0.05 and < 3) or (>= 60 and < 120), s.ToString(CultureInfo.InvariantCulture)));
        Assert.InRange(seconds.Count(s => s >= 60), seconds.Count / 4, seconds.Count * 3 / 4);
    }

    [Fact]
    public async Task StepAsync_KeyWasReplaced_IsReadNowAndThen()
    {
        await StepAsync(new KeyRing("key", 1, operationsPerKey: 10), 1000);

        var later = _requests.SkipWhile(r => r != "PUT /kv/key-20").ToList();
        Assert.Contains(later, r => r == "GET /kv/key-1");
        Assert.DoesNotContain(later, r => r.EndsWith("/kv/key-1", StringComparison.Ordinal) && !r.StartsWith("GET", StringComparison.Ordinal));
        Assert.InRange(_history.Of("key-1").Count, 11, 50);
    }

    private async Task StepAsync(KeyRing keys, int steps)
    {
        using var store = new FakeAnswers(Answer);
        using var http = store.CreateClient();
        var client = new RecordingClient(3, keys, _history, new RunClock(), new Random(1));
        for (var i = 0; i < steps; i++)
        {
            await client.StepAsync(http, CancellationToken.None);
        }
    }

    /// <summary>Every write succeeds; nothing is ever there.</summary>
    private HttpResponseMessage Answer(HttpRequestMessage request)
    {
        _requests.Add($"{request.Method} {request.RequestUri!.AbsolutePath}");
        return request.Method == HttpMethod.Get ? FakeAnswers.Answer(HttpStatusCode.NotFound)
            : request.Method == HttpMethod.Put ? FakeAnswers.Answer(_written, $"\"1.1.{++_version}\"")
            : FakeAnswers.Answer(HttpStatusCode.NoContent);
    }
}
