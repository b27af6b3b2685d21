using System.Runtime.InteropServices;

namespace Scatterlist.Vfio.Interop;

/// <summary>
/// Entry points of the C library. All return -1 and set errno on failure, which <see cref="LastError"/> reads and must
/// be the very next statement.
/// </summary>
internal static unsafe partial class LibC
{
    internal const int ProtRead = 1;
    internal const int ProtWrite = 2;
    internal const int MapShared = 1;
    internal const nint MapFailed = -1;
    internal const int MadvPopulateRead = 22;
    internal const int MadvPopulateWrite = 23;
    internal const int FGetSeals = 1034;
    internal const int SealShrink = 2;
    internal const int OReadWrite = 2;
    internal const int OCloseOnExec = 0x80000;
    internal const short PollOut = 4;

    [LibraryImport("libc", EntryPoint = "mmap")]
    internal static partial nint MMap(nint address, nuint length, int protection, int flags, int fd, long offset);

    [LibraryImport("libc", EntryPoint = "munmap")]
    internal static partial int MUnmap(nint address, nuint length);

    [LibraryImport("libc", EntryPoint = "madvise")]
    internal static partial int MAdvise(nint address, nuint length, int advice);

    [LibraryImport("libc", EntryPoint = "fcntl")]
    internal static partial int FCntl(int fd, int command, nint argument);

    [LibraryImport("libc", EntryPoint = "open")]
    internal static partial int Open(byte* path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "close")]
    internal static partial int Close(int fd);

    [LibraryImport("libc", EntryPoint = "ioctl")]
    internal static partial int Ioctl(int fd, nuint request, void* argument);

    [LibraryImport("libc", EntryPoint = "ioctl")]
    internal static partial int Ioctl(int fd, nuint request, nint argument);

    [LibraryImport("libc", EntryPoint = "poll")]
    internal static partial int Poll(PollFd* descriptors, nuint count, int timeout);

    [LibraryImport("libc", EntryPoint = "write")]
    internal static partial nint Write(int fd, void* buffer, nuint length);

    [LibraryImport("libc", EntryPoint = "pread")]
    internal static partial nint PRead(int fd, void* buffer, nuint length, long offset);

    [LibraryImport("libc", EntryPoint = "pwrite")]
    internal static partial nint PWrite(int fd, void* buffer, nuint length, long offset);

    [LibraryImport("libc", EntryPoint = "readlink")]
    internal static partial nint ReadLink(byte* path, byte* buffer, nuint length);

    internal static Errno LastError() => (Errno)Marshal.GetLastSystemError();
}
