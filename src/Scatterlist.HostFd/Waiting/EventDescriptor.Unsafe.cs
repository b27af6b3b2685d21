using System.Runtime.InteropServices;
using Scatterlist.HostFd.Interop;

namespace Scatterlist.HostFd;

/// <summary>
/// Event descriptors (eventfd(2)): a counter of the kernel's that devices, processes and threads add to, and that is
/// readable while it is not 0. They carry interrupts. Thread-safe; nothing here blocks or allocates, but for the making.
/// </summary>
public static unsafe class EventDescriptor
{
    /// <summary>Makes one: its count is 0, reads do not block, and it is closed on exec.</summary>
    /// <returns>The descriptor, which the caller owns.</returns>
    /// <exception cref="ScatterlistException">The kernel refused: EMFILE, ENFILE, ENOMEM.</exception>
    public static FileDescriptor Create()
    {
        int fd = LibC.EventFd(0, LibC.EfdCloseOnExec | LibC.EfdNonBlock);
        if (fd >= 0)
            return FileDescriptor.FromOwned(fd);
        Errno errno = LibC.LastError();
        throw new ScatterlistException("eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)", errno,
            remedy: errno == Errno.EMFILE ? Remedies.OpenFiles : null);
    }

    /// <summary>Adds 1 to the count and wakes who waits.</summary>
    /// <returns>None; EAGAIN when the count is full, which is readable all the same; EBADF for what is no descriptor.
    /// </returns>
    /// <exception cref="ObjectDisposedException">The descriptor is closed.</exception>
    public static Errno Signal(SafeHandle descriptor)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        bool held = false;
        try
        {
            descriptor.DangerousAddRef(ref held);
            ulong one = 1;
            return LibC.Write((int)descriptor.DangerousGetHandle(), &one, sizeof(ulong)) == sizeof(ulong)
                ? Errno.None
                : LibC.LastError();
        }
        finally
        {
            if (held)
                descriptor.DangerousRelease();
        }
    }

    /// <summary>Takes the count and sets it to 0.</summary>
    /// <returns>The count; 0 when nothing was added since the last time.</returns>
    /// <exception cref="ObjectDisposedException">The descriptor is closed.</exception>
    public static ulong Take(SafeHandle descriptor)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        bool held = false;
        try
        {
            descriptor.DangerousAddRef(ref held);
            ulong count;
            return LibC.Read((int)descriptor.DangerousGetHandle(), &count, sizeof(ulong)) == sizeof(ulong) ? count : 0;
        }
        finally
        {
            if (held)
                descriptor.DangerousRelease();
        }
    }
}
