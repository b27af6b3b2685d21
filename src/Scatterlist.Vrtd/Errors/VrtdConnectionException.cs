namespace Scatterlist.Vrtd;

/// <summary>
/// The connection to the daemon is missing, lost, or was given up because the daemon broke the protocol. The session
/// is of no further use: the daemon frees what it held for it. Open buffers can still be closed.
/// </summary>
public sealed class VrtdConnectionException : VrtdException
{
    /// <summary>Makes an exception with a ready text.</summary>
    public VrtdConnectionException()
        : this("The connection to vrtd is lost.")
    {
    }

    /// <summary>Makes an exception with a ready text.</summary>
    public VrtdConnectionException(string message)
        : this(message, null)
    {
    }

    /// <summary>Makes an exception with a ready text.</summary>
    public VrtdConnectionException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Makes an exception from its parts.</summary>
    /// <param name="operation">The request with its arguments.</param>
    /// <param name="errno">The error number of the system call that failed, or <see cref="Errno.None"/>.</param>
    /// <param name="detail">How the connection was lost.</param>
    /// <param name="remedy">What to do; null where nothing is known.</param>
    /// <param name="innerException">The cause, if another exception is.</param>
    public VrtdConnectionException(
        string operation, Errno errno, string detail, string? remedy = null, Exception? innerException = null)
        : base(operation, VrtdReturnCode.BadConnection, errno, detail, remedy, innerException)
    {
    }
}
