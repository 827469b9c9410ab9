using KvAspire.Node.Storage;

namespace KvAspire.Tests.Storage;

public sealed class RocksDbStorageEngineTests : StorageEngineConformanceTests
{
    private readonly TemporaryDirectory _directory = new();

    private protected override IStorageEngine Open() => RocksDbStorageEngine.Open(_directory["db"], new StorageOptions());

    public override void Dispose()
    {
        base.Dispose();
        _directory.Dispose();
    }
}
