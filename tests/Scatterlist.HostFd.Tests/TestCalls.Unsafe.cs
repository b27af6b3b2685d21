using System.Runtime.InteropServices;
using System.Text;

namespace Scatterlist.HostFd.Tests;

/// <summary>System calls that the tests make themselves, so that they do not rest on the code under test.</summary>
internal static unsafe partial class TestCalls
{
    internal const int NonBlocking = 0x800;

    internal static FileDescriptor MemFd(string name = "hostfd-test")
    {
        fixed (byte* text = Encoding.UTF8.GetBytes(name + '\0'))
            return Own(MemFdCreate(text, 1));
    }

    internal static (FileDescriptor Read, FileDescriptor Write) Pipe(int flags = 0)
    {
        int* pair = stackalloc int[2];
        Check(Pipe2(pair, flags | 0x80000));
        return (FileDescriptor.FromOwned(pair[0]), FileDescriptor.FromOwned(pair[1]));
    }

    internal static (FileDescriptor First, FileDescriptor Second) SocketPair(int type)
    {
        int* pair = stackalloc int[2];
        Check(SocketPair(1, type | 0x80000, 0, pair));
        return (FileDescriptor.FromOwned(pair[0]), FileDescriptor.FromOwned(pair[1]));
    }

    internal static FileDescriptor EventFd() => Own(EventFd(0, 0x80000));

    internal static long Position(FileDescriptor descriptor) => LSeek(descriptor.Value, 0, 1);

    internal static void Seek(FileDescriptor descriptor, long offset) =>
        Assert.Equal(offset, LSeek(descriptor.Value, offset, 0));

    internal static void SetLength(FileDescriptor descriptor, long length) =>
        Check(FTruncate(descriptor.Value, length));

    internal static bool IsOpen(int fd) => FCntl(fd, 1, 0) >= 0;

    internal static bool IsCloseOnExec(int fd) => (FCntl(fd, 1, 0) & 1) != 0;

    internal static int StatusFlags(int fd) => FCntl(fd, 3, 0);

    internal static void SetNonBlocking(int fd) => Check(FCntl(fd, 4, FCntl(fd, 3, 0) | NonBlocking));

    internal static int Duplicate(int fd) => Check(Dup(fd));

    /// <summary>Reads by the C library alone; fails the test on an error.</summary>
    internal static byte[] Contents(FileDescriptor descriptor)
    {
        long length = LSeek(descriptor.Value, 0, 2);
        var bytes = new byte[length];
        fixed (byte* first = bytes)
            Assert.Equal((nint)length, PRead(descriptor.Value, first, (nuint)length, 0));
        return bytes;
    }

    internal static void SetContents(FileDescriptor descriptor, ReadOnlySpan<byte> bytes)
    {
        SetLength(descriptor, 0);
        fixed (byte* first = bytes)
            Assert.Equal((nint)bytes.Length, PWrite(descriptor.Value, first, (nuint)bytes.Length, 0));
        Seek(descriptor, 0);
    }

    [LibraryImport("libc", EntryPoint = "gettid")]
    internal static partial int GetThreadId();

    [LibraryImport("libc", EntryPoint = "getpid")]
    internal static partial int GetProcessId();

    [LibraryImport("libc", EntryPoint = "getuid")]
    internal static partial uint GetUserId();

    [LibraryImport("libc", EntryPoint = "getgid")]
    internal static partial uint GetGroupId();

    [LibraryImport("libc", EntryPoint = "umask")]
    internal static partial uint UMask(uint mask);

    [LibraryImport("libc", EntryPoint = "close")]
    internal static partial int Close(int fd);

    private static FileDescriptor Own(int fd) => FileDescriptor.FromOwned(Check(fd));

    private static int Check(int result)
    {
        if (result < 0)
            throw new IOException($"errno {Marshal.GetLastSystemError()}");
        return result;
    }

    [LibraryImport("libc", EntryPoint = "memfd_create")]
    private static partial int MemFdCreate(byte* name, uint flags);

    [LibraryImport("libc", EntryPoint = "pipe2")]
    private static partial int Pipe2(int* pair, int flags);

    [LibraryImport("libc", EntryPoint = "socketpair")]
    private static partial int SocketPair(int domain, int type, int protocol, int* pair);

    [LibraryImport("libc", EntryPoint = "eventfd")]
    private static partial int EventFd(uint initial, int flags);

    [LibraryImport("libc", EntryPoint = "lseek")]
    private static partial long LSeek(int fd, long offset, int whence);

    [LibraryImport("libc", EntryPoint = "ftruncate")]
    private static partial int FTruncate(int fd, long length);

    [LibraryImport("libc", EntryPoint = "fcntl")]
    private static partial int FCntl(int fd, int command, nint argument);

    [LibraryImport("libc", EntryPoint = "dup")]
    private static partial int Dup(int fd);

    [LibraryImport("libc", EntryPoint = "pread")]
    private static partial nint PRead(int fd, void* buffer, nuint length, long offset);

    [LibraryImport("libc", EntryPoint = "pwrite")]
    private static partial nint PWrite(int fd, void* buffer, nuint length, long offset);
}
