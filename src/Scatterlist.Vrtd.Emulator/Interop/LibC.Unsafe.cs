using System.Runtime.InteropServices;

namespace Scatterlist.Vrtd.Emulator.Interop;

/// <summary>The entry points of the C library that device memory, inputs and accounts need.</summary>
internal static unsafe partial class LibC
{
    internal const uint MfdCloseOnExec = 1;
    internal const uint MfdAllowSealing = 2;
    internal const int FAddSeals = 1033;
    internal const int SealSeal = 1;
    internal const int SealShrink = 2;
    internal const int SealGrow = 4;
    internal const int OpenReadOnly = 0;
    internal const int OpenWriteOnly = 1;
    internal const int OpenReadWrite = 2;
    internal const int OpenNoAccessTime = 0x40000;
    internal const int OpenCloseOnExec = 0x80000;
    internal const int FallocKeepSize = 1;
    internal const int FallocPunchHole = 2;
    internal const int AtEmptyPath = 0x1000;
    internal const uint StatxBlocks = 0x400;
    internal const uint StatxSize = 0x200;
    internal const short PollIn = 1;
    internal const short PollHup = 0x10;

    [LibraryImport("libc", EntryPoint = "memfd_create")]
    internal static partial int MemFdCreate(byte* name, uint flags);

    [LibraryImport("libc", EntryPoint = "ftruncate")]
    internal static partial int FTruncate(int fd, long length);

    [LibraryImport("libc", EntryPoint = "fcntl")]
    internal static partial int FCntl(int fd, int command, nint argument);

    [LibraryImport("libc", EntryPoint = "open")]
    internal static partial int Open(byte* path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "fallocate")]
    internal static partial int FAllocate(int fd, int mode, long offset, long length);

    [LibraryImport("libc", EntryPoint = "statx")]
    internal static partial int StatX(int directory, byte* path, int flags, uint mask, StatX* result);

    [LibraryImport("libc", EntryPoint = "read")]
    internal static partial nint Read(int fd, byte* buffer, nuint length);

    [LibraryImport("libc", EntryPoint = "pwrite")]
    internal static partial nint PWrite(int fd, byte* buffer, nuint length, long offset);

    [LibraryImport("libc", EntryPoint = "poll")]
    internal static partial int Poll(PollFd* entries, nuint count, int timeoutMilliseconds);

    [LibraryImport("libc", EntryPoint = "getpwnam_r")]
    internal static partial int GetPwNam(byte* name, Passwd* entry, byte* buffer, nuint length, Passwd** result);

    [LibraryImport("libc", EntryPoint = "getpwuid_r")]
    internal static partial int GetPwUid(uint user, Passwd* entry, byte* buffer, nuint length, Passwd** result);

    [LibraryImport("libc", EntryPoint = "getgrnam_r")]
    internal static partial int GetGrNam(byte* name, Group* entry, byte* buffer, nuint length, Group** result);

    [LibraryImport("libc", EntryPoint = "getgrouplist")]
    internal static partial int GetGroupList(byte* user, uint group, uint* groups, int* count);

    internal static Errno LastError() => (Errno)Marshal.GetLastSystemError();
}
