using System.Runtime.InteropServices;

namespace Scatterlist.Vrtd.Emulator.Tests;

/// <summary>The plain system calls that a client in C makes on a descriptor.</summary>
internal static unsafe partial class Posix
{
    internal const int OpenReadOnly = 0;
    internal const int OpenWriteOnly = 1;
    internal const int OpenReadWrite = 2;

    internal static long Write(int fd, ReadOnlySpan<byte> bytes, ulong offset)
    {
        fixed (byte* source = bytes)
            return Result(PWrite(fd, source, (nuint)bytes.Length, (long)offset));
    }

    internal static long Read(int fd, Span<byte> bytes, ulong offset)
    {
        fixed (byte* target = bytes)
            return Result(PRead(fd, target, (nuint)bytes.Length, (long)offset));
    }

    internal static byte[] ReadBytes(int fd, int count, ulong offset)
    {
        var bytes = new byte[count];
        Assert.Equal(count, Read(fd, bytes, offset));
        return bytes;
    }

    internal static long Seek(int fd, ulong offset, int whence = 0) => Result((nint)LSeek(fd, (long)offset, whence));

    internal static long Truncate(int fd, ulong length) => Result(FTruncate(fd, (long)length));

    internal static int AccessMode(int fd) => FCntl(fd, 3, 0) & 3;

    internal static (FileDescriptor Reader, FileDescriptor Writer) Pipe()
    {
        int* ends = stackalloc int[2];
        Assert.Equal(0, Pipe2(ends, 0x80000));
        return (FileDescriptor.FromOwned(ends[0]), FileDescriptor.FromOwned(ends[1]));
    }

    // The bytes, or the negated errno.
    private static long Result(nint result) => result < 0 ? -Marshal.GetLastSystemError() : result;

    [LibraryImport("libc", EntryPoint = "pwrite")]
    private static partial nint PWrite(int fd, byte* buffer, nuint length, long offset);

    [LibraryImport("libc", EntryPoint = "pread")]
    private static partial nint PRead(int fd, byte* buffer, nuint length, long offset);

    [LibraryImport("libc", EntryPoint = "lseek")]
    private static partial long LSeek(int fd, long offset, int whence);

    [LibraryImport("libc", EntryPoint = "ftruncate")]
    private static partial int FTruncate(int fd, long length);

    [LibraryImport("libc", EntryPoint = "fcntl")]
    private static partial int FCntl(int fd, int command, nint argument);

    [LibraryImport("libc", EntryPoint = "pipe2")]
    private static partial int Pipe2(int* ends, int flags);
}
