using Scatterlist.HostFd.Interop;

namespace Scatterlist.HostFd;

/// <summary>
/// A memfd through which bytes go that process_vm_readv(2) cannot reach: a device's mapping, or any memory where
/// seccomp forbids that call. Pooled: a program has as many as it ever had copies of that kind at once.
/// </summary>
internal sealed unsafe class BounceFile
{
    internal const int Length = 64 * 1024;

    private static readonly Stack<BounceFile> Pool = new();
    private readonly int _fd; // a plain number: open as long as the process lives, and nobody's leak

    private BounceFile(int fd) => _fd = fd;

    internal static Errno TryRent(out BounceFile? file)
    {
        lock (Pool)
        {
            if (Pool.TryPop(out file))
                return Errno.None;
        }

        int fd;
        fixed (byte* name = "scatterlist-bounce\0"u8)
            fd = LibC.MemFdCreate(name, 1);
        if (fd < 0)
            return LibC.LastError();
        file = new BounceFile(fd);
        return Errno.None;
    }

    internal static void Return(BounceFile file)
    {
        lock (Pool)
            Pool.Push(file);
    }

    /// <summary>
    /// Copies at most <see cref="Length"/> bytes. The count is exact; 0 with the errno and whose fault it is.
    /// </summary>
    internal nuint Copy(Block destination, Block source, out Errno errno, out bool sourceFaults)
    {
        nuint count = nuint.Min(nuint.Min(destination.Length, source.Length), Length);
        errno = Errno.None;
        nint gathered = Retry(write: true, source.Address, count, out errno);
        sourceFaults = gathered <= 0;
        if (sourceFaults)
            return 0;
        nint scattered = Retry(write: false, destination.Address, (nuint)gathered, out errno);
        return scattered > 0 ? (nuint)scattered : 0;
    }

    private nint Retry(bool write, nint address, nuint length, out Errno errno)
    {
        while (true)
        {
            nint moved = write
                ? LibC.PWrite(_fd, (void*)address, length, 0)
                : LibC.PRead(_fd, (void*)address, length, 0);
            errno = moved < 0 ? LibC.LastError() : Errno.None;
            if (errno != Errno.EINTR)
                return moved;
        }
    }
}
