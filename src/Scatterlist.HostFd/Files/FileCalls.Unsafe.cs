using System.Runtime.InteropServices;
using System.Text;
using Scatterlist.HostFd.Interop;

namespace Scatterlist.HostFd;

internal static unsafe class FileCalls
{
    private const int NoControllingTerminal = 0x100;

    // O_DIRECT, O_DIRECTORY and O_NOFOLLOW: x86-64 has the values of asm-generic, arm64 its own.
    private const OpenFlags Varying = OpenFlags.Direct | OpenFlags.Directory | OpenFlags.NoFollow;
    private static readonly bool IsArm = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    internal static Errno TryOpen(string path, OpenFlags flags, UnixFileMode mode, out FileDescriptor? descriptor)
    {
        fixed (byte* text = Encoding.UTF8.GetBytes(path + '\0'))
        {
            while (true)
            {
                int fd = LibC.OpenAt(LibC.AtFdCwd, text, ToNative(flags), (uint)mode);
                if (fd >= 0)
                {
                    descriptor = FileDescriptor.FromOwned(fd);
                    return Errno.None;
                }

                Errno errno = LibC.LastError();
                descriptor = null;
                if (errno != Errno.EINTR)
                    return errno;
            }
        }
    }

    internal static int ToNative(OpenFlags flags)
    {
        int native = (int)flags | LibC.OCloseOnExec | NoControllingTerminal;
        if (!IsArm)
            return native;
        native &= ~(int)Varying;
        if ((flags & OpenFlags.Directory) != 0)
            native |= 0x4000;
        if ((flags & OpenFlags.NoFollow) != 0)
            native |= 0x8000;
        if ((flags & OpenFlags.Direct) != 0)
            native |= 0x10000;
        return native;
    }

    /// <summary>The status flags and the access mode of an open descriptor (F_GETFL).</summary>
    internal static Errno TryGetFlags(int fd, out OpenFlags flags)
    {
        int native = LibC.FCntl(fd, LibC.FGetFl, 0);
        if (native < 0)
        {
            Errno errno = LibC.LastError();
            flags = default;
            return errno;
        }

        const OpenFlags same = OpenFlags.WriteOnly | OpenFlags.ReadWrite | OpenFlags.Append | OpenFlags.NonBlocking
            | OpenFlags.Sync | OpenFlags.NoAccessTime | OpenFlags.PathOnly;
        flags = (OpenFlags)native & same;
        if ((native & (IsArm ? 0x10000 : 0x4000)) != 0)
            flags |= OpenFlags.Direct;
        return Errno.None;
    }

    internal static Errno TryStat(int fd, uint mask, out StatX status)
    {
        byte empty = 0;
        fixed (StatX* result = &status)
            return LibC.StatX(fd, &empty, LibC.AtEmptyPath, mask, result) == 0 ? Errno.None : LibC.LastError();
    }

    internal static (uint Memory, uint Offset, bool IsExact) GetDirectAlignment(int fd)
    {
        Errno errno = TryStat(fd, StatX.BasicStats | StatX.DirectIoAlignment, out StatX status);
        if (errno != Errno.None)
            throw new ScatterlistException($"statx({fd}, STATX_DIOALIGN)", errno);
        if ((status.Mask & StatX.DirectIoAlignment) != 0 && status.DirectIoOffsetAlignment != 0)
            return (status.DirectIoMemoryAlignment, status.DirectIoOffsetAlignment, true);
        uint safe = uint.Max(status.BlockSize, (uint)Environment.SystemPageSize);
        return (safe, safe, false);
    }

    internal static bool AllowsReads(OpenFlags flags) => (flags & (OpenFlags.WriteOnly | OpenFlags.PathOnly)) == 0;

    internal static bool AllowsWrites(OpenFlags flags) =>
        (flags & (OpenFlags.WriteOnly | OpenFlags.ReadWrite)) != 0 && (flags & OpenFlags.PathOnly) == 0;

    internal static Errno TrySetLength(int fd, long length)
    {
        while (LibC.FTruncate(fd, length) != 0)
        {
            Errno errno = LibC.LastError();
            if (errno != Errno.EINTR)
                return errno;
        }

        return Errno.None;
    }

    internal static bool IsSeekable(int fd) => LibC.LSeek(fd, 0, 1) >= 0;

    internal static Errno TryCreateMemFd(string name, out FileDescriptor? descriptor)
    {
        fixed (byte* text = Encoding.UTF8.GetBytes(name + '\0'))
        {
            int fd = LibC.MemFdCreate(text, 1);
            Errno errno = fd >= 0 ? Errno.None : LibC.LastError();
            descriptor = fd >= 0 ? FileDescriptor.FromOwned(fd) : null;
            return errno;
        }
    }

    internal static Errno TryCreatePipe(out FileDescriptor? readEnd, out FileDescriptor? writeEnd)
    {
        int* pair = stackalloc int[2];
        if (LibC.Pipe2(pair, LibC.OCloseOnExec | LibC.ONonBlock) != 0)
        {
            Errno errno = LibC.LastError();
            (readEnd, writeEnd) = (null, null);
            return errno;
        }

        (readEnd, writeEnd) = (FileDescriptor.FromOwned(pair[0]), FileDescriptor.FromOwned(pair[1]));
        return Errno.None;
    }

    internal static Errno TryGetSocketType(int fd, out int domain, out int type)
    {
        int value;
        uint length = sizeof(int);
        domain = type = 0;
        if (LibC.GetSockOpt(fd, LibC.SolSocket, LibC.SoDomain, &value, &length) != 0)
            return LibC.LastError();
        domain = value;
        if (LibC.GetSockOpt(fd, LibC.SolSocket, LibC.SoType, &value, &length) != 0)
            return LibC.LastError();
        type = value;
        return Errno.None;
    }
}
