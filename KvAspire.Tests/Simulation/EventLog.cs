using System.Globalization;
using System.Runtime.CompilerServices;

namespace KvAspire.Tests.Simulation;

/// <summary>
/// What happened in a run: a hash over every step, to tell whether two runs were the same, and the last lines in words.
/// </summary>
/// <param name="now">The simulation's clock.</param>
/// <param name="isKept">
/// Whether lines are kept. They cost much of a run's time, and a run that fails can be repeated to get them.
/// </param>
internal sealed class EventLog(Func<TimeSpan> now, bool isKept)
{
    private const int LinesKept = 4_000;

    private readonly Queue<string> _lines = new();

    public bool IsKept => isKept;

    /// <summary>FNV-1a over all steps.</summary>
    public ulong Hash { get; private set; } = 14695981039346656037;

    /// <summary>Errors that the product logged: there should be none, whatever happens around it.</summary>
    public List<string> Errors { get; } = [];

    /// <summary>How often each kind of fault has happened.</summary>
    public Dictionary<string, int> Faults { get; } = [];

    public void CountFault(string kind) => Faults[kind] = Faults.GetValueOrDefault(kind) + 1;

    public IEnumerable<string> Tail(int lines) => _lines.TakeLast(lines);

    public void Count(long number)
    {
        for (var i = 0; i < 8; i++)
        {
            Hash = (Hash ^ (byte)(number >> (8 * i))) * 1099511628211;
        }
    }

    public void Count(string? text)
    {
        foreach (var c in text ?? "\0")
        {
            Hash = (Hash ^ c) * 1099511628211;
        }
    }

    public void Write(string who, string what)
    {
        if (!isKept)
        {
            return;
        }

        if (_lines.Count == LinesKept)
        {
            _lines.Dequeue();
        }

        _lines.Enqueue(string.Create(CultureInfo.InvariantCulture, $"{now().TotalSeconds,10:0.00000} {who,-10} {what}"));
    }

    public void Write(string who, [InterpolatedStringHandlerArgument("")] ref Line what)
    {
        if (isKept)
        {
            Write(who, what.ToString());
        }
    }

    /// <summary>Puts a line together only if it is kept.</summary>
    [InterpolatedStringHandler]
    internal ref struct Line
    {
        private DefaultInterpolatedStringHandler _text;

        public Line(int literalLength, int formattedCount, EventLog log, out bool isKept)
        {
            isKept = log.IsKept;
            _text = isKept ? new DefaultInterpolatedStringHandler(literalLength, formattedCount, CultureInfo.InvariantCulture) : default;
        }

        public void AppendLiteral(string text) => _text.AppendLiteral(text);

        public void AppendFormatted<T>(T value, string? format = null) => _text.AppendFormatted(value, format);

        public override string ToString() => _text.ToStringAndClear();
    }
}
