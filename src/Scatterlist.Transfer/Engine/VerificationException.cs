namespace Scatterlist.Transfer;

/// <summary>A copy that arrived whole and, read back, is not what was sent.</summary>
public sealed class VerificationException : ScatterlistException
{
    /// <summary>Makes an exception with a ready text. Prefer the constructor that takes the parts.</summary>
    public VerificationException()
    {
    }

    /// <summary>Makes an exception with a ready text. Prefer the constructor that takes the parts.</summary>
    public VerificationException(string message)
        : base(message)
    {
    }

    /// <summary>Makes an exception with a ready text. Prefer the constructor that takes the parts.</summary>
    public VerificationException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    internal VerificationException(Endpoint source, Endpoint destination, ulong? offset)
        : base(
            $"verification of {destination.Name} against {source.Name}", Errno.None,
            offset is null ? "the SHA-256 of what is there differs" : $"byte {offset} differs")
    {
        Offset = offset;
    }

    /// <summary>The first byte that differs; null when the source was a stream, of which only the hash is known.</summary>
    public ulong? Offset { get; }
}
