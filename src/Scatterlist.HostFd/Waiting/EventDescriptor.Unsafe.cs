using System.Runtime.InteropServices;
using Scatterlist.HostFd.Interop;

namespace Scatterlist.HostFd;

/// <summary>
/// Event descriptors (eventfd(2)): a counter of the kernel's that devices, processes and threads add to, and that is
/// readable while it is not 0. They carry interrupts. Thread-safe; nothing here blocks or allocates, but for the making.
/// </summary>
/// <remarks>
/// <see cref="Signal"/> and <see cref="Take"/> refuse a closed descriptor with an exception;
/// <see cref="TrySignal"/> and <see cref="TryTake"/> throw none, for those who may come after its owner's dispose. None
/// of them ever touches a descriptor that has got the number since.
/// </remarks>
public static unsafe class EventDescriptor
{
    /// <summary>Makes one: its count is 0, reads do not block, and it is closed on exec.</summary>
    /// <param name="semaphore">
    /// Whether each take takes 1 from the count (EFD_SEMAPHORE), so that as many takes succeed as signals came; otherwise
    /// one takes all of it.
    /// </param>
    /// <returns>The descriptor, which the caller owns.</returns>
    /// <exception cref="ScatterlistException">The kernel refused: EMFILE, ENFILE, ENOMEM.</exception>
    public static FileDescriptor Create(bool semaphore = false)
    {
        int fd = LibC.EventFd(0, LibC.EfdCloseOnExec | LibC.EfdNonBlock | (semaphore ? LibC.EfdSemaphore : 0));
        if (fd >= 0)
            return FileDescriptor.FromOwned(fd);
        Errno errno = LibC.LastError();
        throw new ScatterlistException(
            $"eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK{(semaphore ? " | EFD_SEMAPHORE" : "")})", errno,
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
            return Add(descriptor);
        }
        finally
        {
            if (held)
                descriptor.DangerousRelease();
        }
    }

    /// <summary>As <see cref="Signal"/>, for who may come too late: a closed descriptor has nobody left to wake.</summary>
    /// <returns>Whether it is readable now; false when it is closed, or no event descriptor.</returns>
    public static bool TrySignal(SafeHandle descriptor)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        if (!TryHold(descriptor))
            return false;
        Errno errno = Add(descriptor);
        descriptor.DangerousRelease();
        return errno is Errno.None or Errno.EAGAIN;
    }

    /// <summary>Takes the count and sets it to 0; or, of a semaphore, 1 of it.</summary>
    /// <returns>What was taken; 0 when there was nothing.</returns>
    /// <exception cref="ObjectDisposedException">The descriptor is closed.</exception>
    public static ulong Take(SafeHandle descriptor)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        bool held = false;
        try
        {
            descriptor.DangerousAddRef(ref held);
            return Read(descriptor);
        }
        finally
        {
            if (held)
                descriptor.DangerousRelease();
        }
    }

    /// <summary>As <see cref="Take"/>, for who may come too late: a closed descriptor has nothing left to take.</summary>
    /// <returns>Whether anything was taken; false as well when the descriptor is closed.</returns>
    public static bool TryTake(SafeHandle descriptor)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        if (!TryHold(descriptor))
            return false;
        ulong count = Read(descriptor);
        descriptor.DangerousRelease();
        return count != 0;
    }

    /// <summary>Holds the number, which may be another's once the descriptor is closed.</summary>
    private static bool TryHold(SafeHandle descriptor)
    {
        if (descriptor.IsClosed)
            return false; // before it costs an exception
        bool held = false;
        try
        {
            descriptor.DangerousAddRef(ref held);
        }
        catch (ObjectDisposedException)
        {
            // closed by another thread since
        }

        return held;
    }

    private static Errno Add(SafeHandle descriptor)
    {
        ulong one = 1;
        return LibC.Write((int)descriptor.DangerousGetHandle(), &one, sizeof(ulong)) == sizeof(ulong)
            ? Errno.None
            : LibC.LastError();
    }

    private static ulong Read(SafeHandle descriptor)
    {
        ulong count;
        return LibC.Read((int)descriptor.DangerousGetHandle(), &count, sizeof(ulong)) == sizeof(ulong) ? count : 0;
    }
}
