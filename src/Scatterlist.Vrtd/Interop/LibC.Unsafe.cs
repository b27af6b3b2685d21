using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Scatterlist.Vrtd.Interop;

/// <summary>
/// The entry points of the C library that the data paths need. All return -1 and set errno on failure.
/// </summary>
internal static unsafe partial class LibC
{
    internal const int ModeTypeMask = 0xF000;
    internal const int ModeRegular = 0x8000;
    internal const int ModeSocket = 0xC000;

    private const int AtEmptyPath = 0x1000;
    private const uint StatxType = 1;
    private const uint StatxSize = 0x200;
    private const int StatxLength = 256;
    private const int StatxModeOffset = 28;
    private const int StatxSizeOffset = 40;
    private const int SeekEnd = 2;
    private const int FionRead = 0x541B;
    private const int ProtReadWrite = 3;
    private const int MapShared = 1;
    private const int OCloseOnExec = 0x80000;
    private const int ONonBlock = 0x800;
    private const int FSetFl = 4;

    [LibraryImport("libc", EntryPoint = "pread")]
    internal static partial nint PRead(int fd, nint buffer, nuint count, long offset);

    [LibraryImport("libc", EntryPoint = "pwrite")]
    internal static partial nint PWrite(int fd, nint buffer, nuint count, long offset);

    // Variadic in C; on the platforms that Scatterlist runs on, one pointer argument is passed the same way.
    [LibraryImport("libc", EntryPoint = "ioctl")]
    internal static partial int IoControl(int fd, nuint request, byte* argument);

    [LibraryImport("libc", EntryPoint = "munmap")]
    internal static partial int MUnmap(nint address, nuint length);

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial nint MMap(nint address, nuint length, int protection, int flags, int fd, long offset);

    [LibraryImport("libc", EntryPoint = "statx")]
    private static partial int Statx(int directory, byte* path, int flags, uint mask, byte* result);

    [LibraryImport("libc", EntryPoint = "lseek")]
    private static partial long LSeek(int fd, long offset, int whence);

    [LibraryImport("libc", EntryPoint = "pipe2")]
    private static partial int Pipe2(int* pair, int flags);

    // Variadic in C, like ioctl.
    [LibraryImport("libc", EntryPoint = "fcntl")]
    private static partial int FCntl(int fd, int command, nint argument);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int fd);

    [LibraryImport("libc", EntryPoint = "process_vm_readv")]
    private static partial nint ProcessVmReadV(
        int pid, Block* local, nuint localCount, Block* remote, nuint remoteCount, nuint flags);

    internal static Errno LastError() => (Errno)Marshal.GetLastSystemError();

    /// <summary>
    /// The kind of a file (statx(2), whose structure is the same on every architecture) and its length in bytes.
    /// </summary>
    internal static Errno Stat(int fd, out int modeType, out ulong length)
    {
        byte* result = stackalloc byte[StatxLength];
        byte path = 0;
        int status = Statx(fd, &path, AtEmptyPath, StatxType | StatxSize, result);
        if (status != 0)
        {
            Errno errno = LastError();
            modeType = 0;
            length = 0;
            return errno;
        }

        ReadOnlySpan<byte> fields = new(result, StatxLength);
        modeType = BinaryPrimitives.ReadUInt16LittleEndian(fields[StatxModeOffset..]) & ModeTypeMask;
        length = BinaryPrimitives.ReadUInt64LittleEndian(fields[StatxSizeOffset..]);
        return Errno.None;
    }

    /// <summary>
    /// The length that seeking to the end reports: how a dma-buf tells its size. -1 where that cannot be.
    /// </summary>
    internal static long SeekLength(int fd) => LSeek(fd, 0, SeekEnd);

    /// <summary>
    /// Copies memory of this process that may be missing, so that the kernel finds that out and not a signal
    /// (process_vm_readv(2) on itself).
    /// </summary>
    /// <returns>The bytes copied, or -1.</returns>
    internal static nint CopyOwnMemory(Block destination, Block source) =>
        ProcessVmReadV(Environment.ProcessId, &destination, 1, &source, 1, 0);

    /// <summary>An ioctl that is retried when a signal interrupts it.</summary>
    internal static int IoControl(int fd, nuint request, Span<byte> argument, out Errno errno)
    {
        fixed (byte* pointer = argument)
        {
            while (true)
            {
                int result = IoControl(fd, request, pointer);
                if (result >= 0)
                {
                    errno = Errno.None;
                    return result;
                }

                errno = LastError();
                if (errno != Errno.EINTR)
                    return -1;
            }
        }
    }

    /// <summary>
    /// Bytes in a pipe that were not read yet (FIONREAD of ioctl(2)), or 0 where that cannot be told.
    /// </summary>
    internal static int PendingBytes(SafeHandle pipe)
    {
        int pending = 0;
        bool held = false;
        try
        {
            pipe.DangerousAddRef(ref held);
            int result = IoControl((int)pipe.DangerousGetHandle(), FionRead, (byte*)&pending);
            return result < 0 ? 0 : pending;
        }
        finally
        {
            if (held)
                pipe.DangerousRelease();
        }
    }

    /// <summary>
    /// Makes a close-on-exec pipe (pipe(7)) whose writes do not block. The read end blocks as usual: each end has flags
    /// of its own.
    /// </summary>
    internal static Errno MakePipe(out int readEnd, out int writeEnd)
    {
        readEnd = writeEnd = -1;
        int* pair = stackalloc int[2];
        if (Pipe2(pair, OCloseOnExec) != 0)
            return LastError();
        if (FCntl(pair[1], FSetFl, ONonBlock) != 0)
        {
            Errno errno = LastError();
            _ = Close(pair[0]);
            _ = Close(pair[1]);
            return errno;
        }

        readEnd = pair[0];
        writeEnd = pair[1];
        return Errno.None;
    }

    /// <summary>Maps a descriptor's first bytes, shared, for reads and writes.</summary>
    /// <returns>The address, or -1.</returns>
    internal static nint MapShareable(int fd, nuint length, out Errno errno)
    {
        nint address = MMap(0, length, ProtReadWrite, MapShared, fd, 0);
        errno = address == -1 ? LastError() : Errno.None;
        return address;
    }
}
