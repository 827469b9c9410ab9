using Microsoft.Extensions.Logging;

namespace KvAspire.Tests.Simulation;

/// <summary>Takes what a process logs into the event log. An error that the product logs is a finding.</summary>
internal sealed class SimulatedLogger<T>(SimulatedProcess process) : ILogger<T>
{
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => process.Scheduler.Log.IsKept || logLevel >= LogLevel.Error;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        var line = exception is null ? formatter(state, exception) : $"{formatter(state, exception)} {exception}";
        process.Scheduler.Log.Write(process.Host, line);
        if (logLevel >= LogLevel.Error)
        {
            process.Scheduler.Log.Errors.Add($"{process.Host}: {line}");
        }
    }
}
