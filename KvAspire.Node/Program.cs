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
catch (Exception e) when (e is OptionsValidationException or DataDirectoryException or StorageException or IOException)
{
    // What the operator has to change, without a stack trace around it.
    Console.Error.WriteLine(e.Message);
    return 1;
}
