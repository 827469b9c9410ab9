using KvAspire.Node.Storage;

namespace KvAspire.Tests.Storage;

public sealed class MemoryStorageEngineTests : StorageEngineConformanceTests
{
    private protected override IStorageEngine Open() => new MemoryStorageEngine();
}
