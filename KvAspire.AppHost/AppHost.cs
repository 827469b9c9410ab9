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

builder.Build().Run();
return 0;
