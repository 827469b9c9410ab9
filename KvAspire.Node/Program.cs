using KvAspire.Node.Hosting;
using KvAspire.Node.Storage;
using KvAspire.ServiceDefaults;
using Microsoft.Extensions.Options;

try
{
    var builder = WebApplication.CreateBuilder(args);
    builder.AddServiceDefaults();
    builder.AddNode();

    var app = builder.Build();
    app.MapNode();
    app.MapDefaultEndpoints();
    app.Run();
    return 0;
}
catch (Exception e) when (e is OptionsValidationException or DataDirectoryException or StorageException or IOException)
{
    // What the operator has to change, without a stack trace around it.
    Console.Error.WriteLine(e.Message);
    return 1;
}
