using System.Runtime.InteropServices;
using KvAspire.Load;

using var interrupted = new CancellationTokenSource();
using var onInterrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var onTerminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);

return await LoadDriver.RunAsync(args, Console.Out, Console.Error, interrupted.Token);

void Stop(PosixSignalContext context)
{
    // The driver ends by itself, so that the processes that it started end before it.
    context.Cancel = true;
    interrupted.Cancel();
}
