using KvAspire.Load.Client;
using KvAspire.Load.Joining;
using KvAspire.Load.Options;
using KvAspire.Load.Processes;
using KvAspire.Load.Recorded;
using KvAspire.Load.Reporting;
using KvAspire.Load.Running;

namespace KvAspire.Load;

/// <summary>The whole program: arguments in, text and an <see cref="ExitCode"/> out.</summary>
internal static class LoadDriver
{
    /// <param name="arguments">The command line.</param>
    /// <param name="output">Takes progress and the summary.</param>
    /// <param name="error">Takes the sentence that says why nothing was run.</param>
    /// <param name="cancelled">Stops the run; what was counted so far is reported.</param>
    public static async Task<int> RunAsync(string[] arguments, TextWriter output, TextWriter error, CancellationToken cancelled)
    {
        try
        {
            if (OptionParser.Parse(arguments) is not { } options)
            {
                await output.WriteLineAsync(Usage.Text);
                return ExitCode.AllWell;
            }

            if (options.CheckFile is { } file)
            {
                return await RecordedFile.CheckAsync(file, output, cancelled);
            }

            return options.Url is { } url
                ? await DriveAsync(url, options, store: null, output, cancelled)
                : await StartAndDriveAsync(options, output, cancelled);
        }
        catch (LoadException exception)
        {
            await error.WriteLineAsync(exception.Message);
            return ExitCode.NotStarted;
        }
        catch (OperationCanceledException) when (cancelled.IsCancellationRequested)
        {
            return ExitCode.Interrupted;
        }
    }

    private static async Task<int> StartAndDriveAsync(LoadOptions options, TextWriter output, CancellationToken cancelled)
    {
        var data = options.DataDirectory ?? Path.Combine(Path.GetTempPath(), "kvaspire-load-" + Path.GetRandomFileName());
        var exitCode = ExitCode.NotStarted;
        try
        {
            await using var store = StoreProcesses.Start(options, data);
            await output.WriteLineAsync($"{options.Nodes} nodes and a balancer at {store.Address}; data in {data}");
            exitCode = await DriveAsync(store.Address, options, store, output, cancelled);
        }
        finally
        {
            var stopped = cancelled.IsCancellationRequested && exitCode == ExitCode.NotStarted;
            await RemoveOrPointToAsync(data, options, useful: !stopped && exitCode is not (ExitCode.AllWell or ExitCode.Interrupted), output);
        }

        return exitCode;
    }

    private static async Task RemoveOrPointToAsync(string data, LoadOptions options, bool useful, TextWriter output)
    {
        if (!Directory.Exists(data))
        {
            return;
        }

        if (useful || options.DataDirectory is not null)
        {
            await output.WriteLineAsync($"Data and logs are in {data}.");
        }
        else
        {
            Directory.Delete(data, recursive: true);
        }
    }

    private static async Task<int> DriveAsync(Uri address, LoadOptions options, StoreProcesses? store, TextWriter output, CancellationToken cancelled)
    {
        using var client = new StoreClient(address, options.Workers);
        if (store is null)
        {
            await MustAnswerAsync(client, address, options, cancelled);
        }
        else
        {
            await store.WaitUntilReadyAsync(client, cancelled);
        }

        var progress = new ProgressPrinter(output, interactive: output == Console.Out && !Console.IsOutputRedirected);
        if (options.Join)
        {
            return await DriveJoinAsync(options, client, store!, progress, output, cancelled);
        }

        if (options.Check)
        {
            return await DriveRecordedAsync(address, options, client, store, progress, output, cancelled);
        }

        await output.WriteLineAsync(Report.Describe(options));
        var result = await new LoadRun(options, client, store, progress).RunAsync(cancelled);
        if (!result.Interrupted && store is not null)
        {
            // (Ctrl+C in a terminal reaches the other processes as well.)
            result = result with { Troubles = [.. result.Troubles, .. store.FindEnded()] };
        }

        var summary = RunSummary.From(options, result);
        Report.Write(output, summary);
        Save(summary.Save, options.JsonFile);
        return summary.ExitCode;
    }

    private static async Task<int> DriveRecordedAsync(
        Uri address, LoadOptions options, StoreClient client, StoreProcesses? store, ProgressPrinter progress, TextWriter output, CancellationToken cancelled)
    {
        await output.WriteLineAsync($"{options.Workers} clients share keys; seed {options.Seed}");
        var result = await new RecordedRun(options, address, client, store, progress).RunAsync(cancelled);
        if (store?.FindEnded() is [var ended, ..] && !result.Interrupted)
        {
            result = result with { Trouble = result.Trouble ?? ended };
        }

        result.Write(output);
        return result.ExitCode;
    }

    private static async Task<int> DriveJoinAsync(
        LoadOptions options, StoreClient client, StoreProcesses store, ProgressPrinter progress, TextWriter output, CancellationToken cancelled)
    {
        var result = await new JoinRun(options, client, store.Spare, progress).RunAsync(cancelled);
        var summary = JoinSummary.From(options, result with { Troubles = [.. result.Troubles, .. store.FindEnded()] });
        JoinReport.Write(output, summary);
        Save(summary.Save, options.JsonFile);
        return summary.ExitCode;
    }

    private static async Task MustAnswerAsync(StoreClient client, Uri address, LoadOptions options, CancellationToken cancelled)
    {
        using var deadline = new Deadline(options.Timeout, cancelled);
        var answer = await client.ReadPageAsync("health", new ReceiveBuffer(), deadline);
        if (answer.Status != 200)
        {
            throw new LoadException($"No store is ready at {address}: GET /health ended in '{answer.Label}'. Start one, or leave out --url.");
        }
    }

    private static void Save(Action<string> save, string? path)
    {
        try
        {
            if (path is not null)
            {
                save(path);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new LoadException($"--json: the summary cannot be written to {path}: {exception.Message}");
        }
    }
}
