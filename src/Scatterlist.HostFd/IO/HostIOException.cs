using System.Globalization;

namespace Scatterlist.HostFd;

/// <summary>A transfer on a host descriptor failed, possibly after some bytes.</summary>
public sealed class HostIOException : ScatterlistException
{
    /// <summary>Makes an exception with a ready text. Prefer the constructor that takes the parts.</summary>
    public HostIOException()
    {
    }

    /// <summary>Makes an exception with a ready text. Prefer the constructor that takes the parts.</summary>
    public HostIOException(string message)
        : base(message)
    {
    }

    /// <summary>Makes an exception with a ready text. Prefer the constructor that takes the parts.</summary>
    public HostIOException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Makes an exception from its parts.</summary>
    /// <param name="call">The system call's name.</param>
    /// <param name="descriptor">The descriptor's number.</param>
    /// <param name="length">The bytes asked for.</param>
    /// <param name="offset">Where in the file, or -1 for the descriptor's own offset.</param>
    /// <param name="flags">How.</param>
    /// <param name="errno">The error.</param>
    /// <param name="transferred">Bytes that had moved before it.</param>
    public HostIOException(
        string call, int descriptor, ulong length, long offset, ReadWriteFlags flags, Errno errno, ulong transferred)
        : base(
            string.Create(
                CultureInfo.InvariantCulture, $"{call}({descriptor}, {length} bytes, offset {offset}, {flags})"),
            errno,
            string.Create(CultureInfo.InvariantCulture, $"{transferred} bytes had moved"),
            RemedyFor(errno, flags))
    {
        Descriptor = descriptor;
        Offset = offset;
        Transferred = transferred;
    }

    /// <summary>The descriptor's number at the time of the call.</summary>
    public int Descriptor { get; } = -1;

    /// <summary>Where in the file, or -1 for the descriptor's own offset.</summary>
    public long Offset { get; } = -1;

    /// <summary>Bytes that had moved before the error; they stay moved.</summary>
    public ulong Transferred { get; }

    private static string? RemedyFor(Errno errno, ReadWriteFlags flags) => errno switch
    {
        Errno.EBADF => "Open the file for this direction, and not with O_PATH.",
        Errno.EINVAL => "Check the offset (-1 or more), and with O_DIRECT the alignment of address, offset and length: "
            + "DescriptorProbe.Inspect tells what the file needs.",
        Errno.EFAULT =>
            "The memory is not mapped, lies past the end of its file, or (with O_DIRECT) belongs to a device.",
        Errno.ESPIPE => "A pipe or a socket has no offsets: use -1.",
        Errno.EOPNOTSUPP => $"Leave out what this file does not support of {flags}: DescriptorProbe.Inspect tells.",
        Errno.EAGAIN => "Wait until the descriptor is ready, or leave out NoWait and O_NONBLOCK.",
        Errno.ENOSPC => "Free space on the file system: df -h.",
        Errno.EDQUOT => "Free space or raise the quota: quota -s.",
        Errno.EFBIG => "Raise the limit on file sizes: ulimit -f unlimited.",
        Errno.ENXIO or Errno.ENODEV => "The device is gone, or its driver is: see dmesg.",
        _ => null,
    };
}
