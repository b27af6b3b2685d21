namespace Scatterlist.Vfio;

/// <summary>
/// A VFIO operation that the kernel, a vfio-user server or a device model refused. It names the operation with its
/// arguments, the errno, and the remedy where one is known.
/// </summary>
public sealed class VfioException : ScatterlistException
{
    /// <summary>Makes an exception with a ready text. Prefer the constructor that takes the parts.</summary>
    public VfioException()
        : this("A VFIO operation failed.")
    {
    }

    /// <summary>Makes an exception with a ready text. Prefer the constructor that takes the parts.</summary>
    public VfioException(string message)
        : base(message)
    {
    }

    /// <summary>Makes an exception with a ready text. Prefer the constructor that takes the parts.</summary>
    public VfioException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Makes an exception from its parts.</summary>
    /// <param name="operation">The call with its arguments.</param>
    /// <param name="errno">The error number.</param>
    /// <param name="detail">What went wrong, where the errno does not tell it all.</param>
    /// <param name="remedy">What to do; null where nothing is known.</param>
    /// <param name="innerException">The cause, if another exception is.</param>
    public VfioException(
        string operation, Errno errno, string? detail = null, string? remedy = null, Exception? innerException = null)
        : base(operation, errno, detail, remedy, innerException)
    {
    }
}
