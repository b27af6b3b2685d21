using System.Globalization;
using System.Runtime.InteropServices;

namespace Scatterlist.HostFd;

/// <summary>Opens files as descriptors, without locks, probes or buffers of their own (open(2)).</summary>
public static class HostFile
{
    /// <summary>Opens a file.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="flags">How. Always close-on-exec.</param>
    /// <param name="mode">The permissions of a file that it makes, less the umask. Default: 0600.</param>
    /// <exception cref="ScatterlistException">
    /// The kernel refused: ENOENT, EACCES, EEXIST, EMFILE, EINVAL (no O_DIRECT on this file system).
    /// </exception>
    public static FileDescriptor Open(
        string path, OpenFlags flags = OpenFlags.ReadOnly,
        UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite)
    {
        CheckPath(path);
        Errno errno = FileCalls.TryOpen(path, flags, mode, out FileDescriptor? descriptor);
        if (errno == Errno.None)
            return descriptor!;
        string operation = string.Create(
            CultureInfo.InvariantCulture, $"open({path}, {flags}, 0{Convert.ToString((int)mode, 8)})");
        throw new ScatterlistException(operation, errno, remedy: errno switch
        {
            Errno.EMFILE or Errno.ENFILE => Remedies.OpenFiles,
            Errno.EINVAL when (flags & OpenFlags.Direct) != 0 =>
                "This file system has no O_DIRECT: leave it out, or use ReadWriteFlags.DontCache.",
            Errno.EACCES or Errno.EPERM => $"See who may: ls -l {path}; id.",
            _ => null,
        });
    }

    /// <summary>Opens a file with O_DIRECT and tells the alignment that it needs.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="flags">How; Direct is added.</param>
    /// <param name="mode">The permissions of a file that it makes, less the umask. Default: 0600.</param>
    /// <exception cref="ScatterlistException">The kernel refused: EINVAL where there is no O_DIRECT, and as
    /// Open.</exception>
    public static DirectFile OpenDirect(
        string path, OpenFlags flags = OpenFlags.ReadOnly,
        UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite)
    {
        FileDescriptor descriptor = Open(path, flags | OpenFlags.Direct, mode);
        try
        {
            (uint memory, uint offset, bool isExact) = FileCalls.GetDirectAlignment(descriptor.Value);
            return new DirectFile(descriptor, memory, offset, isExact);
        }
        catch
        {
            descriptor.Dispose();
            throw;
        }
    }

    /// <summary>Makes a file longer, with zeros, or shorter (ftruncate(2)).</summary>
    /// <param name="descriptor">The file, open for writing.</param>
    /// <param name="length">Its new length in bytes.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="length"/> is past what a file can
    /// have.</exception>
    /// <exception cref="ScatterlistException">The kernel refused: EINVAL, EFBIG, EPERM on a sealed memfd.</exception>
    /// <exception cref="ObjectDisposedException"><paramref name="descriptor"/> is closed.</exception>
    public static void SetLength(SafeHandle descriptor, ulong length)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, (ulong)long.MaxValue);
        bool held = false;
        try
        {
            descriptor.DangerousAddRef(ref held);
            int fd = (int)descriptor.DangerousGetHandle();
            Errno errno = FileCalls.TrySetLength(fd, (long)length);
            if (errno != Errno.None)
                throw new ScatterlistException($"ftruncate({fd}, {length} bytes)", errno);
        }
        finally
        {
            if (held)
                descriptor.DangerousRelease();
        }
    }

    private static void CheckPath(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (path.Contains('\0', StringComparison.Ordinal))
            throw new ArgumentException("A path has no NUL character.", nameof(path));
    }
}
