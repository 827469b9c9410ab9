using KvAspire.AppHost;

var builder = DistributedApplication.CreateBuilder(args);
if (!ClusterOptions.TryRead(args, builder.Configuration, builder.AppHostDirectory, out var options, out var error))
{
    Console.Error.WriteLine(error);
    return 1;
}

var nodes = builder.AddNodes(options);
var spares = builder.AddSpares(options);
var balancers = builder.AddBalancers(options, nodes, spares);
balancers.AddCommands(nodes, spares);

try
{
    builder.Build().Run();
    return 0;
}
catch (DistributedApplicationException e)
{
    // What the operator has to change, such as a port that is in use, without a stack trace around it.
    Console.Error.WriteLine(e.Message);
    return 1;
}
