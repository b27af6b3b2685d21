using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Scatterlist.HostFd;
using Scatterlist.Verbs.SoftRoce.Interop;

namespace Scatterlist.Verbs.SoftRoce.Engine.SameHost;

/// <summary>
/// Where the NICs of one user meet: a directory that nobody else can enter, with a socket for each address in use.
/// </summary>
internal sealed unsafe class Rendezvous
{
    /// <summary>What a socket's name and every hello start with: ends that speak otherwise never meet.</summary>
    internal const int Version = 1;

    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly HostIdentity _host;

    private Rendezvous(string directory, HostIdentity host)
    {
        Directory = directory;
        _host = host;
    }

    internal string Directory { get; }

    /// <summary>Opens the user's directory, and makes it where there is none.</summary>
    /// <param name="directory">Another place; null for the user's.</param>
    /// <param name="host">Who we are.</param>
    /// <exception cref="ScatterlistException">The directory cannot be made, or somebody else could enter
    /// it.</exception>
    internal static Rendezvous Open(string? directory, HostIdentity host)
    {
        directory ??= DefaultDirectory(host.User);
        string operation = $"mkdir({directory}, 0700)";
        try
        {
            System.IO.Directory.CreateDirectory(directory, Private);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ScatterlistException(operation, Errno.EACCES, e.Message);
        }

        byte* status = stackalloc byte[SameHostCalls.StatxLength];
        fixed (byte* path = Encoding.UTF8.GetBytes(directory + '\0'))
        {
            if (SameHostCalls.StatX(
                SameHostCalls.AtFdCwd, path, SameHostCalls.AtSymlinkNoFollow, SameHostCalls.StatxTypeModeUid, status) != 0)
            {
                throw new ScatterlistException($"statx({directory})", SameHostCalls.LastError());
            }
        }

        uint owner = *(uint*)(status + SameHostCalls.StatxUidOffset);
        int mode = *(ushort*)(status + SameHostCalls.StatxModeOffset);
        bool isDirectory = (mode & SameHostCalls.ModeTypeMask) == SameHostCalls.ModeDirectory;
        return isDirectory && owner == SameHostCalls.GetEffectiveUser() && (mode & 0x3f) == 0
            ? new Rendezvous(directory, host)
            : throw new ScatterlistException(
                operation, Errno.EPERM, "it is not a directory of this user alone",
                $"Remove it, or make it private: chmod 700 {directory}");
    }

    /// <summary>The socket of an address.</summary>
    /// <param name="gid">The address.</param>
    /// <param name="slot">Which of the NICs that share it; null for one that has it alone.</param>
    internal string PathOf(in Gid gid, uint? slot)
    {
        Span<byte> bytes = stackalloc byte[Gid.Size];
        gid.CopyTo(bytes);
        string place = slot?.ToString("x", CultureInfo.InvariantCulture) ?? "all";
        return Path.Combine(
            Directory,
            string.Create(
                CultureInfo.InvariantCulture, $"v{Version}-{_host.Network}-{Convert.ToHexStringLower(bytes)}-{place}"));
    }

    /// <summary>
    /// Connects without ever waiting; null when nobody listens there, or too many wait there already.
    /// </summary>
    internal static UnixSocket? TryConnect(string path)
    {
        byte[] text = Encoding.UTF8.GetBytes(path);
        if (text.Length > SameHostCalls.MaxPathBytes)
            return null;
        const int Type = SocketCalls.SockSeqPacket | SocketCalls.SockCloseOnExec | SocketCalls.SockNonBlock;
        int fd = SocketCalls.Socket(SocketCalls.AfUnix, Type, 0);
        if (fd < 0)
            return null;
        FileDescriptor descriptor = FileDescriptor.FromOwned(fd);
        byte* address = stackalloc byte[SameHostCalls.PathOffset + SameHostCalls.MaxPathBytes + 1];
        NativeMemory.Clear(address, SameHostCalls.PathOffset + SameHostCalls.MaxPathBytes + 1);
        *(ushort*)address = SocketCalls.AfUnix;
        text.CopyTo(new Span<byte>(address + SameHostCalls.PathOffset, SameHostCalls.MaxPathBytes));
        if (SocketCalls.Connect(fd, address, (uint)(SameHostCalls.PathOffset + text.Length + 1)) == 0)
            return UnixSocket.FromOwned(descriptor);
        descriptor.Dispose();
        return null;
    }

    private static string DefaultDirectory(uint user)
    {
        const int LongestName = 64;
        string? runtime = Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR");
        return !string.IsNullOrEmpty(runtime) && Path.IsPathRooted(runtime) && System.IO.Directory.Exists(runtime)
            && Encoding.UTF8.GetByteCount(runtime) + "/scatterlist/".Length + LongestName <= SameHostCalls.MaxPathBytes
            ? Path.Combine(runtime, "scatterlist")
            : string.Create(CultureInfo.InvariantCulture, $"/tmp/scatterlist-{user}");
    }
}
