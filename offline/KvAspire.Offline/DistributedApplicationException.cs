namespace Aspire.Hosting;

/// <summary>Something is wrong with the application as declared, or with a resource that was waited for.</summary>
public class DistributedApplicationException : Exception
{
    /// <summary>An error without a sentence.</summary>
    public DistributedApplicationException()
    {
    }

    /// <summary>An error.</summary>
    public DistributedApplicationException(string message)
        : base(message)
    {
    }

    /// <summary>An error with its cause.</summary>
    public DistributedApplicationException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
