using System.Runtime.InteropServices;

namespace Scatterlist.Tests;

/// <summary>System calls that the tests make beside the code under test.</summary>
internal static unsafe partial class Libc
{
    internal const int FGetFd = 1;
    internal const int FGetSeals = 1034;

    [LibraryImport("libc", EntryPoint = "memfd_create", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int MemFdCreate(string name, uint flags);

    [LibraryImport("libc", EntryPoint = "ftruncate", SetLastError = true)]
    internal static partial int FTruncate(int fd, long length);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    internal static partial int FCntl(int fd, int command, nint argument);

    [LibraryImport("libc", EntryPoint = "lseek", SetLastError = true)]
    internal static partial long LSeek(int fd, long offset, int whence);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    internal static partial int Close(int fd);

    [LibraryImport("libc", EntryPoint = "mincore", SetLastError = true)]
    internal static partial int MinCore(nint address, nuint length, byte* vector);

    [LibraryImport("libc", EntryPoint = "getrlimit", SetLastError = true)]
    internal static partial int GetRLimit(int resource, ulong* limits);

    [LibraryImport("libc", EntryPoint = "setrlimit", SetLastError = true)]
    internal static partial int SetRLimit(int resource, ulong* limits);

    [LibraryImport("libc", EntryPoint = "capget", SetLastError = true)]
    internal static partial int CapGet(uint* header, uint* data);

    [LibraryImport("libc", EntryPoint = "capset", SetLastError = true)]
    internal static partial int CapSet(uint* header, uint* data);

    /// <summary>A memfd of <paramref name="length"/> bytes; the caller closes it.</summary>
    internal static int NewMemFd(string name, long length = 4096)
    {
        int fd = MemFdCreate(name, 1);
        Assert.True(fd >= 0, Marshal.GetLastPInvokeErrorMessage());
        Assert.Equal(0, FTruncate(fd, length));
        return fd;
    }

    internal static string? TargetOf(int fd) => new FileInfo($"/proc/self/fd/{fd}").LinkTarget;

    /// <summary>How many of the pages are in memory.</summary>
    internal static int CountResidentPages(nint address, nuint length)
    {
        var pages = new byte[(length + HostBuffer.BasePageSize - 1) / HostBuffer.BasePageSize];
        fixed (byte* vector = pages)
            Assert.Equal(0, MinCore(address, length, vector));
        return pages.Count(page => (page & 1) != 0);
    }

    /// <summary>Takes CAP_IPC_LOCK from the calling thread alone; a thread of one's own is the place for it.</summary>
    internal static void DropIpcLock()
    {
        uint* header = stackalloc uint[2] { 0x20080522, 0 };
        uint* data = stackalloc uint[6];
        Assert.Equal(0, CapGet(header, data));
        data[0] &= ~(1u << 14);
        Assert.Equal(0, CapSet(header, data));
    }
}
