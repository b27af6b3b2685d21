using Scatterlist.HostFd.Interop;
using Scatterlist.HostFd.Waiting;

namespace Scatterlist.HostFd;

public sealed unsafe partial class UnixSocket
{
    /// <summary>Connects to a listener, waiting while its backlog is full.</summary>
    /// <param name="path">
    /// Its path, at most 107 bytes as UTF-8, or an abstract name, which starts with a NUL character.
    /// </param>
    /// <param name="type">The listener's type.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ScatterlistException">
    /// Nobody listens (ECONNREFUSED), no such path (ENOENT), no permission (EACCES), another type (EPROTOTYPE), the
    /// path
    /// is too long (ENAMETOOLONG).
    /// </exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static UnixSocket Connect(
        string path, UnixSocketType type = UnixSocketType.SeqPacket, CancellationToken cancellationToken = default)
    {
        string operation = $"connect({Display(path)}, {type})";
        UnixAddress address = UnixAddress.From(operation, path);
        FileDescriptor descriptor = Create(type, 0);
        try
        {
            int fd = descriptor.Value;
            // connect(2) to a full backlog cannot be polled for. It waits in slices instead when it can be cancelled.
            if (cancellationToken.CanBeCanceled)
                SetSendTimeout(fd, microseconds: 50_000);
            while (true)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (LibC.Connect(fd, &address, address.Length) == 0)
                    break;
                Errno errno = LibC.LastError();
                if (errno is not (Errno.EINTR or Errno.EAGAIN))
                    throw Failure(operation, errno, ConnectRemedy(errno));
            }

            if (cancellationToken.CanBeCanceled)
                SetSendTimeout(fd, microseconds: 0);
            return new UnixSocket(descriptor, type);
        }
        catch
        {
            descriptor.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Listens at a path. The file has its mode from the moment it exists. A file that a dead listener left behind is
    /// replaced; one that somebody listens at is not. <see cref="Dispose"/> removes it.
    /// </summary>
    /// <param name="path">
    /// The path, at most 107 bytes as UTF-8, or an abstract name, which starts with a NUL character and has no mode:
    /// every user of the network namespace may connect to it.
    /// </param>
    /// <param name="type">The type. A datagram socket is bound only: it receives without connections.</param>
    /// <param name="options">The mode and the backlog; null for the defaults.</param>
    /// <exception cref="ScatterlistException">
    /// Somebody listens there, or something else than a socket is there (EADDRINUSE), no permission (EACCES), the path
    /// is too long (ENAMETOOLONG).
    /// </exception>
    public static UnixSocket Listen(
        string path, UnixSocketType type = UnixSocketType.SeqPacket, UnixListenOptions? options = null)
    {
        options ??= UnixListenOptions.Default;
        string operation = $"bind({Display(path)}, {type})";
        UnixAddress address = UnixAddress.From(operation, path);
        if (UnixAddress.IsAbstract(path))
            return Bind(operation, path, address, type, options, mayReplace: false);
        using DirectoryLock directory = DirectoryLock.Take(path);
        return Bind(operation, path, address, type, options, directory.IsHeld);
    }

    /// <summary>Waits for a connection and takes it.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The socket is disposed, or was during the call.</exception>
    /// <exception cref="ScatterlistException">The kernel refused: EINVAL when it does not listen, EMFILE.</exception>
    public UnixSocket Accept(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (TryAccept() is { } accepted)
                return accepted;
            WaitReadable(cancellationToken);
        }
    }

    /// <summary>Takes a connection that is there already; null when there is none.</summary>
    /// <exception cref="ObjectDisposedException">The socket is disposed.</exception>
    /// <exception cref="ScatterlistException">The kernel refused: EINVAL when it does not listen, EMFILE.</exception>
    public UnixSocket? TryAccept()
    {
        bool held = false;
        try
        {
            Descriptor.DangerousAddRef(ref held);
            int fd = (int)Descriptor.DangerousGetHandle();
            while (true)
            {
                int accepted = LibC.Accept4(fd, null, null, LibC.SockCloseOnExec);
                if (accepted >= 0)
                    return new UnixSocket(FileDescriptor.FromOwned(accepted), SocketType);
                Errno errno = LibC.LastError();
                if (errno == Errno.EAGAIN)
                    return null;
                if (errno is not (Errno.EINTR or Errno.ECONNABORTED))
                    throw Failure($"accept4({fd})", errno);
            }
        }
        finally
        {
            if (held)
                Descriptor.DangerousRelease();
        }
    }

    private static UnixSocket Bind(
        string operation, string path, UnixAddress address, UnixSocketType type, UnixListenOptions options,
        bool mayReplace)
    {
        FileDescriptor descriptor = Create(type, LibC.SockNonBlock);
        BoundPath? bound = null;
        try
        {
            int fd = descriptor.Value;
            // On Linux the socket's own mode, less the umask, is what bind gives the file. Setting it first leaves no
            // moment in which the file is open to others, and touches no umask, which the whole process shares.
            if (LibC.FChMod(fd, (uint)options.Mode) != 0)
                throw Failure($"fchmod({fd}, {Octal(options.Mode)})", LibC.LastError());
            while (LibC.Bind(fd, &address, address.Length) != 0)
            {
                Errno errno = LibC.LastError();
                if (errno != Errno.EADDRINUSE || !mayReplace || !IsStale(path, address, type))
                {
                    bool inUse = errno == Errno.EADDRINUSE;
                    throw new ScatterlistException(
                        operation, errno, inUse ? "somebody listens there, or it is no socket" : null,
                        inUse ? $"Choose another path, or see who has it: ss -xlp src {Display(path)}" : null);
                }

                if ((errno = BoundPath.Remove(path)) is not (Errno.None or Errno.ENOENT))
                    throw Failure($"unlink({path})", errno);
            }

            if (!UnixAddress.IsAbstract(path))
            {
                bound = BoundPath.Remember(path);
                Errno errno = BoundPath.SetMode(path, options.Mode); // gives back what the umask took
                if (errno != Errno.None)
                    throw Failure($"chmod({path}, {Octal(options.Mode)})", errno);
            }

            if (type != UnixSocketType.Datagram && LibC.Listen(fd, options.Backlog) != 0)
                throw Failure($"listen({fd}, {options.Backlog})", LibC.LastError());
            return new UnixSocket(descriptor, type, bound);
        }
        catch
        {
            bound?.RemoveIfOwn();
            descriptor.Dispose();
            throw;
        }
    }

    private static bool IsStale(string path, UnixAddress address, UnixSocketType type)
    {
        if (!BoundPath.IsSocket(path))
            return false;
        using FileDescriptor probe = Create(type, LibC.SockNonBlock);
        return LibC.Connect(probe.Value, &address, address.Length) != 0 && LibC.LastError() == Errno.ECONNREFUSED;
    }

    private static FileDescriptor Create(UnixSocketType type, int flags)
    {
        int fd = LibC.Socket(LibC.AfUnix, (int)type | LibC.SockCloseOnExec | flags, 0);
        return fd >= 0
            ? FileDescriptor.FromOwned(fd)
            : throw Failure($"socket(AF_UNIX, {type})", LibC.LastError());
    }

    private static void SetSendTimeout(int fd, long microseconds)
    {
        var timeout = new TimeSpec { Fraction = microseconds };
        if (LibC.SetSockOpt(fd, LibC.SolSocket, LibC.SoSendTimeout, &timeout, (uint)sizeof(TimeSpec)) != 0)
            throw Failure($"setsockopt({fd}, SO_SNDTIMEO)", LibC.LastError());
    }

    private static string? ConnectRemedy(Errno errno) => errno switch
    {
        Errno.ECONNREFUSED or Errno.ENOENT => "Start the program that listens there, or name its socket's path.",
        Errno.EACCES => "Ask for write permission on the socket file and search permission on its directories.",
        Errno.EPROTOTYPE => "Connect with the type that the listener has: see ss -xl.",
        _ => null,
    };

    private static string Display(string? path) => path?.Replace('\0', '@') ?? "null";

    private static string Octal(UnixFileMode mode) => "0" + Convert.ToString((int)mode, 8);
}
