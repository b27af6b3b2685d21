using System.Runtime.InteropServices;

namespace Scatterlist.Testing;

/// <summary>The few calls that the helpers make themselves, so that they do not rest on the code under test.</summary>
internal static partial class NativeMethods
{
    internal const int ProtNone = 0;
    internal const int ProtRead = 1;
    internal const int ProtReadWrite = 3;
    internal const int MapShared = 1;
    internal const int MapPrivateAnonymous = 0x22;

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    internal static partial nint MMap(nint address, nuint length, int protection, int flags, int fd, long offset);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    internal static partial int MUnmap(nint address, nuint length);

    [LibraryImport("libc", EntryPoint = "mprotect", SetLastError = true)]
    internal static partial int MProtect(nint address, nuint length, int protection);

    [LibraryImport("libc", EntryPoint = "memfd_create", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int MemFdCreate(string name, uint flags);

    [LibraryImport("libc", EntryPoint = "ftruncate", SetLastError = true)]
    internal static partial int FTruncate(int fd, long length);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    internal static partial int Close(int fd);

    [LibraryImport("libc", EntryPoint = "getrlimit", SetLastError = true)]
    internal static partial int GetRLimit(int resource, Span<ulong> limits);

    [LibraryImport("libc", EntryPoint = "setrlimit", SetLastError = true)]
    internal static partial int SetRLimit(int resource, ReadOnlySpan<ulong> limits);

    internal static void ThrowIf(bool failed, string call)
    {
        if (failed)
            throw new IOException($"{call}: {Marshal.GetLastPInvokeErrorMessage()}");
    }
}
