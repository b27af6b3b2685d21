using System.Runtime.InteropServices;
using Scatterlist.HostFd.Interop;

namespace Scatterlist.HostFd;

/// <summary>
/// What a descriptor refers to and how it is open, as one statx(2) tells it. Immutable; it does not follow later
/// changes. <see cref="DescriptorProbe"/> tells more, at the price of trying things.
/// </summary>
/// <param name="Kind">What it refers to.</param>
/// <param name="OpenFlags">Access mode and status flags (F_GETFL of fcntl(2)).</param>
/// <param name="Size">Bytes in a regular file; 0 for what has no size, block devices and files of /proc
/// included.</param>
/// <param name="Device">The file system's device: major number in the upper half, minor in the lower.</param>
/// <param name="Inode">The file's number on that device.</param>
public sealed record FileStatus(DescriptorKind Kind, OpenFlags OpenFlags, ulong Size, ulong Device, ulong Inode)
{
    /// <summary>Whether it is open for reading.</summary>
    public bool IsReadable => FileCalls.AllowsReads(OpenFlags);

    /// <summary>Whether it is open for writing.</summary>
    public bool IsWritable => FileCalls.AllowsWrites(OpenFlags);

    /// <summary>Asks the kernel.</summary>
    /// <exception cref="ScatterlistException">The kernel refused.</exception>
    /// <exception cref="ObjectDisposedException"><paramref name="descriptor"/> is closed.</exception>
    public static FileStatus Of(SafeHandle descriptor)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        bool held = false;
        try
        {
            descriptor.DangerousAddRef(ref held);
            int fd = (int)descriptor.DangerousGetHandle();
            StatX status = default;
            Errno errno = FileCalls.TryGetFlags(fd, out OpenFlags flags);
            if (errno == Errno.None)
                errno = FileCalls.TryStat(fd, StatX.BasicStats, out status);
            if (errno != Errno.None)
                throw new ScatterlistException($"statx({fd})", errno);
            ulong device = ((ulong)status.DeviceMajor << 32) | status.DeviceMinor;
            return new FileStatus(DescriptorProbe.KindOf(status.Mode), flags, status.Size, device, status.Inode);
        }
        finally
        {
            if (held)
                descriptor.DangerousRelease();
        }
    }

    /// <summary>Whether both are the same file, under whatever names.</summary>
    public bool IsSameFileAs(FileStatus other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return Device == other.Device && Inode == other.Inode;
    }
}
