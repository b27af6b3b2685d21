using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Scatterlist.Interop;

namespace Scatterlist;

/// <summary>
/// A Linux file descriptor that is closed once, when nobody uses it any more. A blocked call keeps its number from
/// being reused, however early <see cref="SafeHandle.Dispose()"/> comes. Thread-safe.
/// </summary>
public sealed class FileDescriptor : NativeHandle
{
    private int _handedOver;

    private FileDescriptor(int descriptor, NativeHandle? parent = null)
        : base(descriptor, parent)
    {
    }

    /// <summary>
    /// The descriptor's number, borrowed: valid while this object is neither disposed nor finalized. Never close it.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The descriptor was closed or handed over.</exception>
    public int Value
    {
        get
        {
            ObjectDisposedException.ThrowIf(IsDisposed, this);
            return (int)handle;
        }
    }

    /// <summary>Takes over a descriptor: from now on this object closes it.</summary>
    /// <param name="descriptor">The descriptor.</param>
    /// <param name="parent">What must outlive the descriptor and the calls that use it, or null.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="descriptor"/> is negative.</exception>
    /// <exception cref="ObjectDisposedException"><paramref name="parent"/> is disposed; nothing is owned.</exception>
    public static FileDescriptor FromOwned(int descriptor, NativeHandle? parent = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(descriptor);
        return new FileDescriptor(descriptor, parent);
    }

    /// <summary>
    /// A second descriptor for the open file description of <paramref name="descriptor"/>, close-on-exec
    /// (F_DUPFD_CLOEXEC of fcntl(2)). Both share the file offset and the status flags.
    /// </summary>
    /// <exception cref="ScatterlistException">The kernel refused: EBADF, EMFILE.</exception>
    public static FileDescriptor DuplicateOf(int descriptor)
    {
        int copy = LibC.FCntl(descriptor, LibC.FDupFdCloseOnExec, 0);
        if (copy >= 0)
            return new FileDescriptor(copy);
        Errno errno = LibC.LastError();
        throw new ScatterlistException(
            $"fcntl({descriptor}, F_DUPFD_CLOEXEC)", errno, remedy: errno == Errno.EMFILE ? Remedies.OpenFiles : null);
    }

    /// <summary>A second descriptor for the same open file description; see <see cref="DuplicateOf"/>.</summary>
    /// <exception cref="ObjectDisposedException">The descriptor was closed or handed over.</exception>
    /// <exception cref="ScatterlistException">The kernel refused: EMFILE.</exception>
    public FileDescriptor Duplicate()
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        bool held = false;
        try
        {
            DangerousAddRef(ref held);
            return DuplicateOf((int)handle);
        }
        finally
        {
            if (held)
                DangerousRelease();
        }
    }

    /// <summary>
    /// A duplicate as the BCL's handle, for <see cref="RandomAccess"/> and <see cref="FileStream"/>. The caller owns it.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The descriptor was closed or handed over.</exception>
    /// <exception cref="ScatterlistException">The kernel refused: EMFILE.</exception>
    public SafeFileHandle ToSafeFileHandle()
    {
        using FileDescriptor copy = Duplicate();
        return new SafeFileHandle(copy.ReleaseOwnership(), ownsHandle: true);
    }

    /// <summary>
    /// Hands the descriptor to the caller, who closes it. This object is closed afterwards and never closes the number.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The descriptor was closed or handed over.</exception>
    public int ReleaseOwnership()
    {
        // Held, so that a Dispose on another thread closes either before (and this throws) or not at all.
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        bool held = false;
        try
        {
            DangerousAddRef(ref held);
            ObjectDisposedException.ThrowIf(Interlocked.Exchange(ref _handedOver, 1) != 0, this);
            SetHandleAsInvalid();
            ForgetOwnership();
            return (int)handle;
        }
        finally
        {
            if (held)
                DangerousRelease();
        }
    }

    /// <inheritdoc/>
    protected override bool ReleaseNative() => LibC.Close((int)handle) == 0;
}
