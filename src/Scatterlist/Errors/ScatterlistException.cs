namespace Scatterlist;

/// <summary>
/// The base of all failures that Scatterlist reports by exception. The message names the operation with its arguments,
/// the error, and the remedy where one is known. Misuse of the API is reported by the usual .NET exceptions
/// (<see cref="ArgumentException"/>, <see cref="ObjectDisposedException"/>, <see cref="InvalidOperationException"/>).
/// </summary>
public class ScatterlistException : IOException
{
    /// <summary>Makes an exception with a ready text. Prefer the constructor that takes the parts.</summary>
    public ScatterlistException()
        : this("A Scatterlist operation failed.")
    {
    }

    /// <summary>Makes an exception with a ready text. Prefer the constructor that takes the parts.</summary>
    public ScatterlistException(string message)
        : base(message)
    {
        Operation = "";
    }

    /// <summary>Makes an exception with a ready text. Prefer the constructor that takes the parts.</summary>
    public ScatterlistException(string message, Exception? innerException)
        : base(message, innerException)
    {
        Operation = "";
    }

    /// <summary>Makes an exception from its parts.</summary>
    /// <param name="operation">The call with its arguments, as <c>mmap(length 4096, MAP_HUGETLB)</c>.</param>
    /// <param name="errno">The error number, or <see cref="Errno.None"/> when the failure has none.</param>
    /// <param name="detail">What went wrong, where the errno does not tell it all; may be empty.</param>
    /// <param name="remedy">What to do, with the exact command where there is one; null where none is known.</param>
    /// <param name="innerException">The cause, if another exception is.</param>
    public ScatterlistException(
        string operation, Errno errno, string? detail = null, string? remedy = null, Exception? innerException = null)
        : base(Compose(operation, errno, detail, remedy), innerException)
    {
        Operation = operation;
        Errno = errno;
        Remedy = remedy;
        if (errno != Errno.None)
            HResult = (int)errno;
    }

    /// <summary>The call that failed, with its arguments. Never a key or an address of another tenant.</summary>
    public string Operation { get; }

    /// <summary>The error number, or <see cref="Errno.None"/> when the failure has none.</summary>
    public Errno Errno { get; }

    /// <summary>What to do, with the exact command where there is one; null where none is known.</summary>
    public string? Remedy { get; }

    private static string Compose(string operation, Errno errno, string? detail, string? remedy)
    {
        string text = operation + " failed";
        if (errno != Errno.None)
            text += $": {errno.Name()} ({errno.Description()})";
        if (!string.IsNullOrEmpty(detail))
            text += $": {detail}";
        text += text.EndsWith('.') ? "" : ".";
        return string.IsNullOrEmpty(remedy) ? text : $"{text} {remedy}";
    }
}
