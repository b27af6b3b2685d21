using System.Globalization;

namespace Scatterlist.Opae;

/// <summary>
/// An operation on an accelerator that failed. The message names the operation with its arguments, OPAE's code, the
/// errno and the cause where there is one, and the remedy.
/// </summary>
public sealed class FpgaException : ScatterlistException
{
    /// <summary>Makes an exception with a ready text.</summary>
    public FpgaException()
        : this("An operation on an accelerator failed.")
    {
    }

    /// <summary>Makes an exception with a ready text.</summary>
    public FpgaException(string message)
        : this(message, null)
    {
    }

    /// <summary>Makes an exception with a ready text.</summary>
    public FpgaException(string message, Exception? innerException)
        : base(message, innerException)
    {
        Result = FpgaResult.Exception;
    }

    /// <summary>Makes an exception from its parts.</summary>
    /// <param name="operation">The operation with its arguments, as <c>PrepareBuffer(4096 bytes, ReadOnly)</c>.</param>
    /// <param name="result">OPAE's code for it.</param>
    /// <param name="errno">The error number of the system call that failed, or <see cref="Errno.None"/>.</param>
    /// <param name="detail">What went wrong, where code and errno do not tell it all.</param>
    /// <param name="remedy">What to do, with the exact command where there is one; null where none is known.</param>
    /// <param name="innerException">The cause, if another exception is.</param>
    public FpgaException(
        string operation, FpgaResult result, Errno errno = Errno.None, string? detail = null, string? remedy = null,
        Exception? innerException = null)
        : base(operation, errno, Compose(result, detail), remedy, innerException)
    {
        Result = result;
    }

    /// <summary>OPAE's code for the failure; never <see cref="FpgaResult.Ok"/>.</summary>
    public FpgaResult Result { get; }

    private static string Compose(FpgaResult result, string? detail)
    {
        string code = string.Create(CultureInfo.InvariantCulture, $"{result.Description()} ({(int)result})");
        return string.IsNullOrEmpty(detail) ? code : $"{code}: {detail}";
    }
}
