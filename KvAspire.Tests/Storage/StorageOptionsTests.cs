using KvAspire.Node.Storage;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace KvAspire.Tests.Storage;

public sealed class StorageOptionsTests
{
    [Fact]
    public void Bind_PathOnly_TakesTheDefaults()
    {
        var options = Bind(("Path", "./data/node1"));

        Assert.Equal("./data/node1", options.Path);
        Assert.Equal(StorageEngineKind.RocksDb, options.Engine);
        Assert.Equal(FsyncMode.OnView, options.Fsync);
    }

    [Fact]
    public void Bind_EverySetting_IsTaken()
    {
        var options = Bind(
            ("Engine", "memory"), ("Fsync", "ALWAYS"),
            ("SyncIntervalMilliseconds", "50"), ("BlockCacheMegabytes", "8"), ("WriteBufferMegabytes", "4"));

        Assert.Equal(StorageEngineKind.Memory, options.Engine);
        Assert.Equal(FsyncMode.Always, options.Fsync);
        Assert.Equal((50, 8, 4), (options.SyncIntervalMilliseconds, options.BlockCacheMegabytes, options.WriteBufferMegabytes));
    }

    [Theory]
    [InlineData("Path", "", "Storage:Path is not set: give the directory for this node's data, or set Storage:Engine to Memory.")]
    [InlineData("Engine", "Disk", "Storage:Engine is 'Disk': set it to RocksDb or Memory.")]
    [InlineData("Engine", "7", "Storage:Engine is '7': set it to RocksDb or Memory.")]
    [InlineData("Fsync", "Never", "Storage:Fsync is 'Never': set it to OnView or Always.")]
    [InlineData("BlockCacheMegabytes", "1 MiB", "Storage:BlockCacheMegabytes is '1 MiB': set it to a whole number.")]
    [InlineData("BlockCacheMegabytes", "0", "Storage:BlockCacheMegabytes is 0: set it to a number from 1 to 65536.")]
    [InlineData("SyncIntervalMilliseconds", "1", "Storage:SyncIntervalMilliseconds is 1: set it to a number from 10 to 60000.")]
    [InlineData("BlockCacheMegabytes", "-1", "Storage:BlockCacheMegabytes is -1: set it to a number from 1 to 65536.")]
    [InlineData("WriteBufferMegabytes", "5000", "Storage:WriteBufferMegabytes is 5000: set it to a number from 1 to 1024.")]
    public void Bind_WrongSetting_SaysWhatToChange(string key, string value, string sentence)
    {
        var refused = Assert.Throws<OptionsValidationException>(() => Bind(("Path", "data"), (key, value)));

        Assert.Equal([sentence], refused.Failures);
    }

    [Fact]
    public void Bind_MisspeltSetting_NamesTheRightOnes()
    {
        var refused = Assert.Throws<OptionsValidationException>(() => Bind(("Path", "data"), ("FSyncMode", "Always")));

        Assert.StartsWith("Storage:FSyncMode is not a setting: use Path, Engine, Fsync,", Assert.Single(refused.Failures), StringComparison.Ordinal);
    }

    private static StorageOptions Bind(params (string Key, string Value)[] settings)
    {
        var values = new Dictionary<string, string?>();
        foreach (var (key, value) in settings)
        {
            values[$"Storage:{key}"] = value;
        }

        using var services = new ServiceCollection()
            .AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(values).Build())
            .AddStorageOptions()
            .BuildServiceProvider();
        return services.GetRequiredService<IOptions<StorageOptions>>().Value;
    }
}
