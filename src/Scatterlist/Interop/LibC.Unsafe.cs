using System.Runtime.InteropServices;

namespace Scatterlist.Interop;

/// <summary>The entry points of the C library that the memory types need. All return -1 and set errno on failure.</summary>
internal static unsafe partial class LibC
{
    internal const int ProtRead = 1;
    internal const int ProtWrite = 2;
    internal const int MapShared = 0x01;
    internal const int MapPrivate = 0x02;
    internal const int MapAnonymous = 0x20;
    internal const int MapNoReserve = 0x4000;
    internal const int MapHugeTlb = 0x40000;
    internal const int HugeShift = 26;
    internal const uint MfdCloseOnExec = 1;
    internal const uint MfdAllowSealing = 2;
    internal const uint MfdHugeTlb = 4;
    internal const int FAddSeals = 1033;
    internal const int FDupFdCloseOnExec = 1030;
    internal const int SealSeal = 1;
    internal const int SealShrink = 2;
    internal const int SealGrow = 4;
    internal const int MadvHugePage = 14;
    internal const int MadvDontFork = 10;
    internal const int MadvPopulateWrite = 23;
    internal const int ScPageSize = 30;

    /// <summary>What mmap(2) returns for a failure.</summary>
    internal const nint MapFailed = -1;

    [LibraryImport("libc", EntryPoint = "mmap")]
    internal static partial nint MMap(nint address, nuint length, int protection, int flags, int fd, long offset);

    [LibraryImport("libc", EntryPoint = "munmap")]
    internal static partial int MUnmap(nint address, nuint length);

    [LibraryImport("libc", EntryPoint = "madvise")]
    internal static partial int MAdvise(nint address, nuint length, int advice);

    [LibraryImport("libc", EntryPoint = "mlock")]
    internal static partial int MLock(nint address, nuint length);

    [LibraryImport("libc", EntryPoint = "memfd_create")]
    internal static partial int MemFdCreate(byte* name, uint flags);

    [LibraryImport("libc", EntryPoint = "ftruncate")]
    internal static partial int FTruncate(int fd, long length);

    [LibraryImport("libc", EntryPoint = "fcntl")]
    internal static partial int FCntl(int fd, int command, nint argument);

    [LibraryImport("libc", EntryPoint = "close")]
    internal static partial int Close(int fd);

    [LibraryImport("libc", EntryPoint = "sysconf")]
    internal static partial nint SysConf(int name);

    internal static Errno LastError() => (Errno)Marshal.GetLastSystemError();
}
