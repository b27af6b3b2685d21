namespace Scatterlist.Transfer;

/// <summary>
/// A copy that ended early. <see cref="Transferred"/> bytes from the start are at the destination; both endpoints can
/// still be used.
/// </summary>
public sealed class TransferException : ScatterlistException
{
    /// <summary>Makes an exception with a ready text. Prefer the constructor that takes the parts.</summary>
    public TransferException()
    {
    }

    /// <summary>Makes an exception with a ready text. Prefer the constructor that takes the parts.</summary>
    public TransferException(string message)
        : base(message)
    {
    }

    /// <summary>Makes an exception with a ready text. Prefer the constructor that takes the parts.</summary>
    public TransferException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Makes an exception from its parts.</summary>
    /// <param name="operation">What failed, on which endpoint, at which offset.</param>
    /// <param name="errno">The error, or <see cref="Errno.None"/>.</param>
    /// <param name="transferred">The bytes from the start that are at the destination.</param>
    /// <param name="detail">What went wrong, where the errno does not tell it all.</param>
    /// <param name="remedy">What to do, where it is known.</param>
    /// <param name="innerException">The cause, if another exception is.</param>
    public TransferException(
        string operation, Errno errno, ulong transferred, string? detail = null, string? remedy = null,
        Exception? innerException = null)
        : base(operation, errno, detail, remedy, innerException)
    {
        Transferred = transferred;
        Detail = detail;
    }

    /// <summary>The bytes from the start that are at the destination, without a gap.</summary>
    public ulong Transferred { get; }

    /// <summary>What went wrong, where the errno does not tell it all.</summary>
    internal string? Detail { get; }
}
