namespace KvAspire.Offline;

/// <summary>What the stand-in's build files generate in addition: where the build put the project's assembly.</summary>
public interface IBuiltProject
{
    /// <summary>The full path of the built assembly.</summary>
    string AssemblyPath { get; }
}
