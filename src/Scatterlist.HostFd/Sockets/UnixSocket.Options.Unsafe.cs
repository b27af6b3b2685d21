using Scatterlist.HostFd.Interop;

namespace Scatterlist.HostFd;

public sealed unsafe partial class UnixSocket
{
    /// <summary>Makes two sockets that are connected to each other (socketpair(2)), both close-on-exec.</summary>
    /// <exception cref="ScatterlistException">The kernel refused: EMFILE.</exception>
    public static (UnixSocket First, UnixSocket Second) CreatePair(UnixSocketType type = UnixSocketType.SeqPacket)
    {
        int* pair = stackalloc int[2];
        if (LibC.SocketPair(LibC.AfUnix, (int)type | LibC.SockCloseOnExec, 0, pair) != 0)
            throw Failure($"socketpair(AF_UNIX, {type})", LibC.LastError());
        return (new UnixSocket(FileDescriptor.FromOwned(pair[0]), type),
            new UnixSocket(FileDescriptor.FromOwned(pair[1]), type));
    }

    /// <summary>
    /// The supplementary groups of the process at the other end (SO_PEERGROUPS, Linux 4.13), as they were when it
    /// connected.
    /// </summary>
    /// <exception cref="ScatterlistException">The kernel refused, or there is no peer (ENODATA).</exception>
    /// <exception cref="ObjectDisposedException">The socket is disposed.</exception>
    public uint[] GetPeerGroups()
    {
        bool held = false;
        try
        {
            Descriptor.DangerousAddRef(ref held);
            int fd = (int)Descriptor.DangerousGetHandle();
            var groups = new uint[32];
            while (true)
            {
                uint length = (uint)groups.Length * sizeof(uint);
                fixed (uint* first = groups)
                {
                    if (LibC.GetSockOpt(fd, LibC.SolSocket, LibC.SoPeerGroups, first, &length) == 0)
                        return groups[..(int)(length / sizeof(uint))];
                }

                Errno errno = LibC.LastError();
                if (errno != Errno.ERANGE)
                    throw Failure($"getsockopt({fd}, SO_PEERGROUPS)", errno);
                groups = new uint[length / sizeof(uint)]; // the kernel has told how many there are
            }
        }
        finally
        {
            if (held)
                Descriptor.DangerousRelease();
        }
    }

    private static int GetOption(FileDescriptor descriptor, int option, string name)
    {
        bool held = false;
        try
        {
            descriptor.DangerousAddRef(ref held);
            int fd = (int)descriptor.DangerousGetHandle();
            int value;
            uint length = sizeof(int);
            if (LibC.GetSockOpt(fd, LibC.SolSocket, option, &value, &length) != 0)
                throw Failure($"getsockopt({fd}, {name})", LibC.LastError());
            return value;
        }
        finally
        {
            if (held)
                descriptor.DangerousRelease();
        }
    }

    private static void SetNonBlocking(FileDescriptor descriptor)
    {
        int flags = LibC.FCntl(descriptor.Value, LibC.FGetFl, 0);
        if (flags < 0 || LibC.FCntl(descriptor.Value, LibC.FSetFl, flags | LibC.ONonBlock) < 0)
            throw Failure($"fcntl({descriptor.Value}, F_SETFL, O_NONBLOCK)", LibC.LastError());
    }

    private static ScatterlistException Failure(string operation, Errno errno, string? remedy = null) => new(
        operation, errno, remedy: errno is Errno.EMFILE or Errno.ENFILE ? Remedies.OpenFiles : remedy);

    private void SetOption(int option, string name, int value)
    {
        bool held = false;
        try
        {
            Descriptor.DangerousAddRef(ref held);
            int fd = (int)Descriptor.DangerousGetHandle();
            if (LibC.SetSockOpt(fd, LibC.SolSocket, option, &value, sizeof(int)) != 0)
                throw Failure($"setsockopt({fd}, {name}, {value})", LibC.LastError());
        }
        finally
        {
            if (held)
                Descriptor.DangerousRelease();
        }
    }

    private PeerCredentials GetPeerCredentials()
    {
        bool held = false;
        try
        {
            Descriptor.DangerousAddRef(ref held);
            int fd = (int)Descriptor.DangerousGetHandle();
            UCred peer;
            uint length = (uint)sizeof(UCred);
            if (LibC.GetSockOpt(fd, LibC.SolSocket, LibC.SoPeerCred, &peer, &length) != 0)
                throw Failure($"getsockopt({fd}, SO_PEERCRED)", LibC.LastError());
            return peer.Uid == uint.MaxValue && peer.Pid == 0 // what the kernel says of a socket that has no peer
                ? throw Failure($"getsockopt({fd}, SO_PEERCRED)", Errno.ENOTCONN)
                : new PeerCredentials(peer.Pid, peer.Uid, peer.Gid);
        }
        finally
        {
            if (held)
                Descriptor.DangerousRelease();
        }
    }
}
