namespace KvAspire.Load;

/// <summary>The run cannot begin. The message is a sentence for the user that says what to change.</summary>
internal sealed class LoadException(string message) : Exception(message);
