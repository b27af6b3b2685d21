namespace Scatterlist.Verbs;

/// <summary>A set-up verb failed. The message names the verb with its arguments, the error, and the remedy.</summary>
public sealed class VerbsException : ScatterlistException
{
    /// <summary>Makes an exception with a ready text. Prefer the constructor that takes the parts.</summary>
    public VerbsException()
    {
    }

    /// <summary>Makes an exception with a ready text. Prefer the constructor that takes the parts.</summary>
    public VerbsException(string message)
        : base(message)
    {
    }

    /// <summary>Makes an exception with a ready text. Prefer the constructor that takes the parts.</summary>
    public VerbsException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Makes an exception from its parts; the kind follows from the errno.</summary>
    /// <param name="verb">The verb with its arguments, as <c>ibv_reg_mr(length 4096, access LocalWrite)</c>.</param>
    /// <param name="errno">The error number.</param>
    /// <param name="detail">What went wrong, where the errno does not tell it all.</param>
    /// <param name="remedy">What to do; null where nothing is known.</param>
    /// <param name="kind">The kind, where it does not follow from the errno.</param>
    /// <param name="innerException">The cause, if another exception is.</param>
    public VerbsException(
        string verb,
        Errno errno,
        string? detail = null,
        string? remedy = null,
        VerbsErrorKind? kind = null,
        Exception? innerException = null)
        : base(verb, errno, detail, remedy, innerException) => Kind = kind ?? KindOf(errno);

    /// <summary>What kind of failure it is.</summary>
    public VerbsErrorKind Kind { get; }

    private static VerbsErrorKind KindOf(Errno errno) => errno switch
    {
        Errno.EINVAL => VerbsErrorKind.InvalidInput,
        Errno.ENOMEM or Errno.EMFILE or Errno.ENFILE or Errno.EAGAIN or Errno.ENOSPC => VerbsErrorKind.Resource,
        Errno.EPERM or Errno.EACCES => VerbsErrorKind.Permission,
        Errno.ENOENT => VerbsErrorKind.NotFound,
        Errno.ENOSYS or Errno.EOPNOTSUPP => VerbsErrorKind.NotSupported,
        Errno.EBUSY or Errno.EADDRINUSE => VerbsErrorKind.Busy,
        Errno.ENODEV => VerbsErrorKind.DeviceLost,
        Errno.ETIMEDOUT or Errno.ENETUNREACH or Errno.EHOSTUNREACH => VerbsErrorKind.Unreachable,
        _ => VerbsErrorKind.Driver,
    };
}
