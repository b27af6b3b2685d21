using System.Text;
using Scatterlist.Vrtd.Emulator.Interop;

namespace Scatterlist.Vrtd.Emulator;

internal sealed partial class MemoryFile
{
    /// <summary>Bytes that are committed, as the kernel counts them (statx(2), stx_blocks).</summary>
    internal unsafe ulong CommittedBytes
    {
        get
        {
            StatX stat;
            byte empty = 0;
            return LibC.StatX(_descriptor.Value, &empty, LibC.AtEmptyPath, LibC.StatxBlocks, &stat) == 0
                ? stat.Blocks * 512
                : 0;
        }
    }

    /// <summary>Makes memory, of a fixed length unless it is left unsealed.</summary>
    /// <exception cref="ScatterlistException">The kernel refused: EMFILE, ENOMEM.</exception>
    internal static unsafe MemoryFile Create(string name, ulong length, bool isSealed = true)
    {
        fixed (byte* text = Encoding.UTF8.GetBytes(name + "\0"))
        {
            int fd = LibC.MemFdCreate(text, LibC.MfdCloseOnExec | LibC.MfdAllowSealing);
            Errno errno = fd < 0 ? LibC.LastError() : Errno.None;
            if (errno != Errno.None)
                throw new ScatterlistException($"memfd_create({name})", errno);

            FileDescriptor descriptor = FileDescriptor.FromOwned(fd);
            errno = Size(fd, (long)length, isSealed);
            if (errno == Errno.None)
                return new MemoryFile(descriptor, length);
            descriptor.Dispose();
            throw new ScatterlistException($"ftruncate and F_ADD_SEALS(memfd {name}, {length} bytes)", errno);
        }
    }

    /// <summary>
    /// Opens the memory once more: a description with a file position of its own, for the given directions only.
    /// </summary>
    /// <exception cref="ScatterlistException">The kernel refused: EMFILE, or /proc is not mounted.</exception>
    internal unsafe FileDescriptor OpenView(QdmaDirections directions)
    {
        int access = (directions & (QdmaDirections.HostToCard | QdmaDirections.CardToHost)) switch
        {
            QdmaDirections.HostToCard => LibC.OpenWriteOnly,
            QdmaDirections.CardToHost => LibC.OpenReadOnly,
            _ => LibC.OpenReadWrite,
        };
        Span<byte> path = stackalloc byte[48];
        path.Clear();
        Encoding.ASCII.GetBytes($"/proc/self/fd/{_descriptor.Value}", path);
        fixed (byte* text = path)
        {
            // Memory has no access time. Keeping one would cost a small read a seventh of its speed; only a process whose
            // user is another by now than the memfd's has to.
            access |= LibC.OpenCloseOnExec;
            int fd = LibC.Open(text, access | LibC.OpenNoAccessTime, 0);
            Errno errno = fd < 0 ? LibC.LastError() : Errno.None;
            if (errno == Errno.EPERM)
            {
                fd = LibC.Open(text, access, 0);
                errno = fd < 0 ? LibC.LastError() : Errno.None;
            }

            if (errno == Errno.None)
                return FileDescriptor.FromOwned(fd);
            throw new ScatterlistException(
                $"open(/proc/self/fd/{_descriptor.Value})",
                errno,
                remedy: errno == Errno.ENOENT ? "Mount /proc: mount -t proc proc /proc." : null);
        }
    }

    /// <summary>Gives the pages of a range back to the system; the range reads as zeros afterwards.</summary>
    internal unsafe Errno Zero(ulong offset, ulong length)
    {
        const int mode = LibC.FallocKeepSize | LibC.FallocPunchHole;
        while (LibC.FAllocate(_descriptor.Value, mode, (long)offset, (long)length) < 0)
        {
            Errno errno = LibC.LastError();
            if (errno != Errno.EINTR)
                return errno;
        }

        return Errno.None;
    }

    private unsafe long PWrite(ReadOnlySpan<byte> bytes, ulong offset)
    {
        fixed (byte* source = bytes)
        {
            nint written = LibC.PWrite(_descriptor.Value, source, (nuint)bytes.Length, (long)offset);
            return written < 0 ? -(long)LibC.LastError() : written;
        }
    }

    private static Errno Size(int fd, long length, bool isSealed)
    {
        if (LibC.FTruncate(fd, length) < 0)
            return LibC.LastError();
        return isSealed && LibC.FCntl(fd, LibC.FAddSeals, LibC.SealSeal | LibC.SealShrink | LibC.SealGrow) < 0
            ? LibC.LastError()
            : Errno.None;
    }
}
