using System.Runtime.InteropServices;

namespace Scatterlist.Verbs.SoftRoce.Interop;

/// <summary>
/// What the same-host path asks of the C library, but for sockets. All return -1 and set errno on failure, which
/// <see cref="LastError"/> reads and must be the very next statement.
/// </summary>
internal static unsafe partial class SameHostCalls
{
    internal const int ProtNone = 0;
    internal const int ProtRead = 1;
    internal const int ProtWrite = 2;
    internal const int MapShared = 0x01;
    internal const int MapPrivate = 0x02;
    internal const int MapFixed = 0x10;
    internal const int MapAnonymous = 0x20;
    internal const int MapNoReserve = 0x4000;
    internal const uint MfdCloseOnExec = 1;
    internal const uint MfdAllowSealing = 2;
    internal const int FAddSeals = 1033;
    internal const int FGetSeals = 1034;
    internal const int SealSeal = 1;
    internal const int SealShrink = 2;
    internal const int SealGrow = 4;
    internal const int MadvPopulateWrite = 23;
    internal const int MaxPathBytes = 107;
    internal const int PathOffset = 2;
    internal const int EPollCloseOnExec = 0x80000;
    internal const int EPollIn = 1;
    internal const int CtlAdd = 1;
    internal const int CtlDelete = 2;
    internal const int AtFdCwd = -100;
    internal const int AtSymlinkNoFollow = 0x100;
    internal const uint StatxTypeModeUid = 0xb;
    internal const int StatxLength = 256;
    internal const int StatxUidOffset = 20;
    internal const int StatxModeOffset = 28;
    internal const int ModeTypeMask = 0xf000;
    internal const int ModeDirectory = 0x4000;

    // struct epoll_event is packed on x86-64 alone.
    internal static readonly int EventSize = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;
    internal static readonly int DataOffset = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;

    [LibraryImport("libc", EntryPoint = "mmap")]
    internal static partial nint MMap(nint address, nuint length, int protection, int flags, int fd, long offset);

    [LibraryImport("libc", EntryPoint = "munmap")]
    internal static partial int MUnmap(nint address, nuint length);

    [LibraryImport("libc", EntryPoint = "madvise")]
    internal static partial int MAdvise(nint address, nuint length, int advice);

    [LibraryImport("libc", EntryPoint = "memfd_create")]
    internal static partial int MemFdCreate(byte* name, uint flags);

    [LibraryImport("libc", EntryPoint = "ftruncate")]
    internal static partial int FTruncate(int fd, long length);

    [LibraryImport("libc", EntryPoint = "fcntl")]
    internal static partial int FCntl(int fd, int command, nint argument);

    [LibraryImport("libc", EntryPoint = "epoll_create1")]
    internal static partial int EPollCreate1(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl")]
    internal static partial int EPollCtl(int epoll, int operation, int fd, void* epollEvent);

    [LibraryImport("libc", EntryPoint = "epoll_wait")]
    internal static partial int EPollWait(int epoll, void* events, int maxEvents, int timeout);

    [LibraryImport("libc", EntryPoint = "statx")]
    internal static partial int StatX(int directory, byte* path, int flags, uint mask, void* result);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    internal static partial uint GetEffectiveUser();

    internal static Errno LastError() => (Errno)Marshal.GetLastSystemError();
}
