using System.Text;
using Scatterlist.HostFd.Interop;

namespace Scatterlist.HostFd;

/// <summary>A socket file that a listener made, told from any other by device and inode.</summary>
internal sealed unsafe class BoundPath
{
    private readonly byte[] _path;
    private readonly ulong _inode;
    private readonly (uint Major, uint Minor) _device;

    private BoundPath(byte[] path, in StatX status)
    {
        _path = path;
        _inode = status.Inode;
        _device = (status.DeviceMajor, status.DeviceMinor);
    }

    /// <summary>Remembers the file that bind(2) has just made; null when it is gone already.</summary>
    internal static BoundPath? Remember(string path)
    {
        // Absolute, so that a later change of the current directory does not matter.
        byte[] text = Encoding.UTF8.GetBytes(Path.GetFullPath(path) + '\0');
        return TryStat(text, out StatX status) == Errno.None ? new BoundPath(text, status) : null;
    }

    internal static bool IsSocket(string path) =>
        TryStat(Encoding.UTF8.GetBytes(path + '\0'), out StatX status) == Errno.None
        && (status.Mode & StatX.TypeMask) == StatX.TypeSocket;

    internal static Errno Remove(string path)
    {
        fixed (byte* text = Encoding.UTF8.GetBytes(path + '\0'))
            return LibC.Unlink(text) == 0 ? Errno.None : LibC.LastError();
    }

    internal static Errno SetMode(string path, UnixFileMode mode)
    {
        fixed (byte* text = Encoding.UTF8.GetBytes(path + '\0'))
            return LibC.ChMod(text, (uint)mode) == 0 ? Errno.None : LibC.LastError();
    }

    internal void RemoveIfOwn()
    {
        if (TryStat(_path, out StatX status) != Errno.None || status.Inode != _inode
            || (status.DeviceMajor, status.DeviceMinor) != _device)
        {
            return;
        }

        fixed (byte* text = _path)
            _ = LibC.Unlink(text);
    }

    private static Errno TryStat(byte[] path, out StatX status)
    {
        fixed (byte* text = path)
        fixed (StatX* result = &status)
        {
            return LibC.StatX(LibC.AtFdCwd, text, LibC.AtSymlinkNoFollow, StatX.BasicStats, result) == 0
                ? Errno.None
                : LibC.LastError();
        }
    }
}
