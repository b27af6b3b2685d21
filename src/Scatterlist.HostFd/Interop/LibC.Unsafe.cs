using System.Runtime.InteropServices;

namespace Scatterlist.HostFd.Interop;

/// <summary>
/// Entry points of the C library. All return -1 and set errno on failure, which <see cref="LastError"/> reads and must
/// be the very next statement. None suppresses the GC transition: a blocked call never holds up a collection.
/// </summary>
internal static unsafe partial class LibC
{
    internal const int FGetFl = 3;
    internal const int FSetFl = 4;
    internal const int FDupFdCloseOnExec = 1030;
    internal const int ONonBlock = 0x800;
    internal const int OCloseOnExec = 0x80000;
    internal const int OPath = 0x200000;
    internal const int AtFdCwd = -100;
    internal const int AtSymlinkNoFollow = 0x100;
    internal const int AtEmptyPath = 0x1000;
    internal const int EfdSemaphore = 1;
    internal const int EfdCloseOnExec = 0x80000;
    internal const int EfdNonBlock = 0x800;
    internal const short PollIn = 1;
    internal const short PollOut = 4;

    [LibraryImport("libc", EntryPoint = "close")]
    internal static partial int Close(int fd);

    [LibraryImport("libc", EntryPoint = "fcntl")]
    internal static partial int FCntl(int fd, int command, nint argument);

    [LibraryImport("libc", EntryPoint = "openat")]
    internal static partial int OpenAt(int directory, byte* path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "fchmod")]
    internal static partial int FChMod(int fd, uint mode);

    [LibraryImport("libc", EntryPoint = "chmod")]
    internal static partial int ChMod(byte* path, uint mode);

    [LibraryImport("libc", EntryPoint = "unlink")]
    internal static partial int Unlink(byte* path);

    [LibraryImport("libc", EntryPoint = "flock")]
    internal static partial int FLock(int fd, int operation);

    [LibraryImport("libc", EntryPoint = "statx")]
    internal static partial int StatX(int directory, byte* path, int flags, uint mask, StatX* result);

    [LibraryImport("libc", EntryPoint = "eventfd")]
    internal static partial int EventFd(uint initial, int flags);

    [LibraryImport("libc", EntryPoint = "ppoll")]
    internal static partial int PPoll(PollFd* descriptors, nuint count, TimeSpec* timeout, void* signalMask);

    [LibraryImport("libc", EntryPoint = "read")]
    internal static partial nint Read(int fd, void* buffer, nuint length);

    [LibraryImport("libc", EntryPoint = "write")]
    internal static partial nint Write(int fd, void* buffer, nuint length);

    [LibraryImport("libc", EntryPoint = "epoll_create1")]
    internal static partial int EPollCreate1(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl")]
    internal static partial int EPollCtl(int epoll, int operation, int fd, void* epollEvent);

    [LibraryImport("libc", EntryPoint = "epoll_wait")]
    internal static partial int EPollWait(int epoll, void* events, int maxEvents, int timeout);

    internal static Errno LastError() => (Errno)Marshal.GetLastSystemError();
}
