using System.Net.Sockets;
using KvAspire.Node.Hosting;
using KvAspire.Node.Storage;
using KvAspire.ServiceDefaults;
using Microsoft.Extensions.Options;

try
{
    // The settings that come with the program, wherever it is started from.
    var options = new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory };
    var builder = WebApplication.CreateBuilder(options);
    builder.AddServiceDefaults();
    builder.AddNode();

    var app = builder.Build();
    app.MapNode();
    app.MapDefaultEndpoints();
    app.Run();
    return 0;
}
catch (SocketException e)
{
    Console.Error.WriteLine($"Cannot listen at the addresses that --urls and Node:GrpcPort ask for: {e.Message.TrimEnd('.')}. Choose addresses of this machine, and ports that this user may take.");
    return 1;
}
catch (Exception e) when (e is OptionsValidationException or DataDirectoryException or StorageException or IOException)
{
    // What the operator has to change, without a stack trace around it.
    Console.Error.WriteLine(e.Message);
    return 1;
}
