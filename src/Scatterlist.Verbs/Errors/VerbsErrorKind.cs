namespace Scatterlist.Verbs;

/// <summary>The kinds of failure of set-up verbs, by what a program can do about them.</summary>
public enum VerbsErrorKind
{
    /// <summary>Any other failure of the driver or the device (the errno says more).</summary>
    Driver,

    /// <summary>An argument or a combination of arguments is wrong (EINVAL): change the request.</summary>
    InvalidInput,

    /// <summary>Memory or a device's resource ran out (ENOMEM, EMFILE, EAGAIN, ENOSPC): ask for less or free
    /// some.</summary>
    Resource,

    /// <summary>The user may not do this (EPERM, EACCES).</summary>
    Permission,

    /// <summary>A device, a port or another named thing does not exist (ENOENT, ENODEV by name).</summary>
    NotFound,

    /// <summary>The device or its driver cannot do this (ENOSYS, EOPNOTSUPP).</summary>
    NotSupported,

    /// <summary>The object is still in use (EBUSY, EADDRINUSE).</summary>
    Busy,

    /// <summary>The device is gone (ENODEV, EIO after removal).</summary>
    DeviceLost,

    /// <summary>No route to the peer (ETIMEDOUT, ENETUNREACH, EHOSTUNREACH).</summary>
    Unreachable,
}
