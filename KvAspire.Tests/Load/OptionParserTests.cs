using KvAspire.Load;
using KvAspire.Load.Options;

namespace KvAspire.Tests.Load;

public sealed class OptionParserTests
{
    [Fact]
    public void Parse_OriginalArguments_AreUnderstood()
    {
        var options = OptionParser.Parse(["--nodes", "4", "--port", "3000", "--requests", "1000", "--choice", "serial"])!;

        Assert.Equal(4, options.Nodes);
        Assert.Equal(3000, options.Port);
        Assert.Equal(1000, options.Requests);
        Assert.Equal(KeyChoice.Serial, options.Choice);
        Assert.Equal(500, options.KeyCount);
        Assert.Equal(16, options.Workers);
    }

    [Fact]
    public void Parse_EqualsSign_SeparatesTheValue()
    {
        var options = OptionParser.Parse(["--mode=Get", "--engine=memory", "--duration=2.5", "--kill"])!;

        Assert.Equal((LoadMode.Get, "Memory", TimeSpan.FromSeconds(2.5), true), (options.Mode, options.Engine, options.Duration, options.Kill));
    }

    [Theory]
    [InlineData("http://localhost:8081", "http://localhost:8081/get/x")]
    [InlineData("http://localhost:8081/store", "http://localhost:8081/store/get/x")]
    [InlineData("http://localhost:8081/store/", "http://localhost:8081/store/get/x")]
    public void Parse_Url_KeepsItsPath(string url, string page) =>
        Assert.Equal(page, new Uri(OptionParser.Parse(["--url", url])!.Url!, "get/x").ToString());

    [Theory]
    [InlineData(1, 1)]
    [InlineData(10, 5)]
    [InlineData(1000, 16)]
    public void Parse_FewRequests_LimitsTheWorkers(int requests, int workers) =>
        Assert.Equal(workers, OptionParser.Parse([$"--requests={requests}"])!.Workers);

    [Fact]
    public void Parse_Help_AsksForHelp() => Assert.Null(OptionParser.Parse(["--nodes", "4", "--help"]));

    [Theory]
    [InlineData("Unknown argument '--node'", "--node", "4")]
    [InlineData("Unknown argument 'serial'", "serial")]
    [InlineData("--nodes needs a value", "--nodes")]
    [InlineData("--nodes needs a value", "--nodes", "--kill")]
    [InlineData("--nodes must be a whole number from 1 to 100, not '0'", "--nodes", "0")]
    [InlineData("--nodes must be a whole number from 1 to 100, not '-1'", "--nodes", "-1")]
    [InlineData("--choice must be random or serial, not 'both'", "--choice", "both")]
    [InlineData("--choice must be random or serial, not '1'", "--choice", "1")]
    [InlineData("--engine must be rocksdb or memory", "--engine", "disk")]
    [InlineData("--url must be an http or https address", "--url", "localhost:8081")]
    [InlineData("--kill is for nodes that the driver starts itself", "--url", "http://localhost:8081", "--kill")]
    [InlineData("--kill needs at least --nodes 2", "--kill", "--nodes", "1")]
    [InlineData("--kill takes no value", "--kill=yes")]
    [InlineData("Give --requests or --duration, not both", "--requests", "10", "--duration", "1")]
    [InlineData("--seed is given twice", "--seed", "1", "--seed", "2")]
    [InlineData("--value-size must be a whole number from 80", "--value-size", "10")]
    public void Parse_WrongArguments_SaysWhatIsWrong(string sentence, params string[] arguments) =>
        Assert.Contains(sentence, Assert.Throws<LoadException>(() => OptionParser.Parse(arguments)).Message, StringComparison.Ordinal);
}
