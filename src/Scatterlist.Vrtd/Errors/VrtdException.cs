using System.Globalization;

namespace Scatterlist.Vrtd;

/// <summary>
/// A request that vrtd refused, or a transfer through one of its descriptors that failed. The message names the
/// operation with its arguments, the code or errno, and the remedy. The session stays usable unless this is a
/// <see cref="VrtdConnectionException"/>.
/// </summary>
public class VrtdException : ScatterlistException
{
    /// <summary>Makes an exception with a ready text.</summary>
    public VrtdException()
        : this("A vrtd operation failed.")
    {
    }

    /// <summary>Makes an exception with a ready text.</summary>
    public VrtdException(string message)
        : this(message, null)
    {
    }

    /// <summary>Makes an exception with a ready text.</summary>
    public VrtdException(string message, Exception? innerException)
        : base(message, innerException)
    {
        ReturnCode = VrtdReturnCode.InternalError;
    }

    /// <summary>Makes an exception from its parts.</summary>
    /// <param name="operation">
    /// The request with its arguments, as <c>BUFFER_OPEN(device 0, DDR, 4096 bytes)</c>.
    /// </param>
    /// <param name="returnCode">The daemon's code, or the code that libvrtd gives to a failure on this side.</param>
    /// <param name="errno">The error number of a system call that failed, or <see cref="Errno.None"/>.</param>
    /// <param name="detail">What went wrong, where the code does not tell it all.</param>
    /// <param name="remedy">What to do; null where nothing is known.</param>
    /// <param name="innerException">The cause, if another exception is.</param>
    public VrtdException(
        string operation, VrtdReturnCode returnCode, Errno errno = Errno.None, string? detail = null,
        string? remedy = null, Exception? innerException = null)
        : base(operation, errno, detail, remedy, innerException)
    {
        ReturnCode = returnCode;
    }

    /// <summary>The code: the daemon's own, or the one libvrtd uses for a failure on this side of the wire.</summary>
    public VrtdReturnCode ReturnCode { get; }

    internal static VrtdException Refused(string operation, VrtdReturnCode code, string? remedy) =>
        new(operation, code, detail: "the daemon answered " + Describe(code), remedy: remedy);

    internal static string Describe(VrtdReturnCode code)
    {
        string text = code switch
        {
            VrtdReturnCode.BadRequest => "BAD_REQUEST",
            VrtdReturnCode.InvalidArgument => "INVALID_ARGUMENT",
            VrtdReturnCode.NotExist => "NOEXIST",
            VrtdReturnCode.InternalError => "INTERNAL_ERROR",
            VrtdReturnCode.AuthError => "AUTH_ERROR",
            VrtdReturnCode.Busy => "BUSY",
            VrtdReturnCode.ShellLocked => "SHELL_LOCKED",
            VrtdReturnCode.Ok => "OK",
            _ => "a code this client does not know",
        };
        return string.Create(CultureInfo.InvariantCulture, $"{text} ({(ushort)code})");
    }
}
