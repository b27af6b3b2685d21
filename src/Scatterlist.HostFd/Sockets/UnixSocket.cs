using System.Net.Sockets;
using Scatterlist.HostFd.Interop;
using Scatterlist.HostFd.Waiting;

namespace Scatterlist.HostFd;

/// <summary>
/// A UNIX socket (unix(7)) that carries messages and descriptors: a listener, a connection, or one end of a pair.
/// </summary>
/// <remarks>
/// <para>Set-up throws <see cref="ScatterlistException"/>; messages report by their result. All calls that wait can be
/// woken: by a token, by a timeout where there is one, and by <see cref="Dispose"/> on another thread. No waiting call
/// changes the open file description, so that a socket that another process shares behaves there as before.</para>
/// <para>Thread-safe. The descriptor's number is not reused before the last call that uses it has returned.</para>
/// </remarks>
public sealed partial class UnixSocket : IDisposable
{
    private readonly WaiterList _waiters = new();
    private readonly BoundPath? _bound;
    private int _disposed;
    private volatile bool _receivesCredentials;

    private UnixSocket(FileDescriptor descriptor, UnixSocketType type, BoundPath? bound = null)
    {
        Descriptor = descriptor;
        SocketType = type;
        _bound = bound;
    }

    /// <summary>The descriptor, which this socket owns. Its number must not be closed by anybody else.</summary>
    public FileDescriptor Descriptor { get; }

    /// <summary>What kind of socket it is.</summary>
    public UnixSocketType SocketType { get; }

    /// <summary>Whether <see cref="Dispose"/> was called.</summary>
    public bool IsDisposed => Volatile.Read(ref _disposed) != 0;

    /// <summary>
    /// Whether every message comes with its sender's credentials (SO_PASSCRED), which a receive puts into
    /// <see cref="ReceivedDescriptors.Credentials"/>. Off at first.
    /// </summary>
    /// <exception cref="ScatterlistException">The kernel refused.</exception>
    /// <exception cref="ObjectDisposedException">The socket is disposed.</exception>
    public bool IsReceivingCredentials
    {
        get => _receivesCredentials;
        set
        {
            SetOption(LibC.SoPassCred, "SO_PASSCRED", value ? 1 : 0);
            _receivesCredentials = value;
        }
    }

    /// <summary>
    /// Who is at the other end: the process that connected, or the one that listened or made the pair (SO_PEERCRED).
    /// The
    /// kernel recorded it at that moment; a socket passed on later still names the first owner.
    /// </summary>
    /// <exception cref="ScatterlistException">There is no peer: ENOTCONN.</exception>
    /// <exception cref="ObjectDisposedException">The socket is disposed.</exception>
    public PeerCredentials PeerCredentials => GetPeerCredentials();

    /// <summary>
    /// How long a wait for a message looks again and again before the thread sleeps; zero, the default, sleeps at once.
    /// Some tens of microseconds halve the round trips between two processes that answer quickly, for a little
    /// processor time. It has no effect on asynchronous waits, nor where there is one processor only: the peer needs
    /// it to answer.
    /// </summary>
    public TimeSpan SpinTime { get; set; }

    /// <summary>Takes over a socket that somebody else made: inherited, received, or from a library.</summary>
    /// <param name="descriptor">The socket. It belongs to the result, which disposes it.</param>
    /// <exception cref="ScatterlistException">It is not a UNIX socket; the descriptor stays the caller's.</exception>
    public static UnixSocket FromOwned(FileDescriptor descriptor)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        int domain = GetOption(descriptor, LibC.SoDomain, "SO_DOMAIN");
        if (domain != LibC.AfUnix)
        {
            throw new ScatterlistException(
                $"getsockopt({descriptor.Value}, SO_DOMAIN)", Errno.EAFNOSUPPORT, $"the socket's family is {domain}");
        }

        var type = (UnixSocketType)GetOption(descriptor, LibC.SoType, "SO_TYPE");
        bool listens = GetOption(descriptor, LibC.SoAcceptConn, "SO_ACCEPTCONN") != 0;
        if (listens)
            SetNonBlocking(descriptor); // accept(2) has no flag of its own for it
        bool credentials = GetOption(descriptor, LibC.SoPassCred, "SO_PASSCRED") != 0;
        return new UnixSocket(descriptor, type) { _receivesCredentials = credentials };
    }

    /// <summary>
    /// Ends one or both directions (shutdown(2)), for every process that shares the socket: the peer reads the end of
    /// the file, or gets EPIPE.
    /// </summary>
    /// <returns>None, or ENOTCONN.</returns>
    /// <exception cref="ObjectDisposedException">The socket is disposed.</exception>
    public Errno Shutdown(SocketShutdown how)
    {
        bool held = false;
        try
        {
            Descriptor.DangerousAddRef(ref held);
            return LibC.Shutdown((int)Descriptor.DangerousGetHandle(), (int)how) == 0 ? Errno.None : LibC.LastError();
        }
        finally
        {
            if (held)
                Descriptor.DangerousRelease();
        }
    }

    /// <summary>
    /// Waits until a message, a connection or the end of the file is there. Ready does not promise: another thread may
    /// take it first.
    /// </summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The socket is disposed, or was during the call.</exception>
    /// <exception cref="ScatterlistException">The kernel refused to wait.</exception>
    public void WaitReadable(CancellationToken cancellationToken = default) =>
        Wait(LibC.PollIn, Timeout.InfiniteTimeSpan, cancellationToken);

    /// <summary>Like <see cref="WaitReadable(CancellationToken)"/>, for a limited time.</summary>
    /// <returns>False when the time was over first.</returns>
    public bool WaitReadable(TimeSpan timeout, CancellationToken cancellationToken = default) =>
        Wait(LibC.PollIn, timeout, cancellationToken);

    /// <summary>Waits until a message can be sent, or the peer is gone.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The socket is disposed, or was during the call.</exception>
    /// <exception cref="ScatterlistException">The kernel refused to wait.</exception>
    public void WaitWritable(CancellationToken cancellationToken = default) =>
        Wait(LibC.PollOut, Timeout.InfiniteTimeSpan, cancellationToken);

    /// <summary>Like <see cref="WaitWritable(CancellationToken)"/>, for a limited time.</summary>
    /// <returns>False when the time was over first.</returns>
    public bool WaitWritable(TimeSpan timeout, CancellationToken cancellationToken = default) =>
        Wait(LibC.PollOut, timeout, cancellationToken);

    /// <summary>
    /// Like <see cref="WaitReadable(CancellationToken)"/>, without blocking a thread: all such waits of the process
    /// share one background thread.
    /// </summary>
    public ValueTask WaitReadableAsync(CancellationToken cancellationToken = default) =>
        WaitAsync(LibC.PollIn, cancellationToken);

    /// <summary>Like <see cref="WaitWritable(CancellationToken)"/>, without blocking a thread.</summary>
    public ValueTask WaitWritableAsync(CancellationToken cancellationToken = default) =>
        WaitAsync(LibC.PollOut, cancellationToken);

    /// <summary>Like <see cref="Accept"/>, without blocking a thread; see <see cref="WaitReadableAsync"/>.</summary>
    public async ValueTask<UnixSocket> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (TryAccept() is { } accepted)
                return accepted;
            await WaitReadableAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Closes the socket and removes the file that it listened at, if it is still its own. Calls that wait on other
    /// threads are woken: messages report ECANCELED, other calls throw <see cref="ObjectDisposedException"/>. The
    /// descriptor is closed when the last of them has returned. Idempotent, from any thread.
    /// </summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        _bound?.RemoveIfOwn(); // before the descriptor is closed: until then nobody may replace the file as stale
        _waiters.CloseAndWake();
        Descriptor.Dispose();
    }

    private static bool Spins(int fd, short events, TimeSpan limit, CancellationToken cancellationToken) =>
        limit > TimeSpan.Zero && Environment.ProcessorCount > 1 && events == LibC.PollIn
        && !cancellationToken.IsCancellationRequested
        && DescriptorWait.Spin(fd, events, limit, cancellationToken);

    private bool Wait(short events, TimeSpan timeout, CancellationToken cancellationToken)
    {
        Errno outcome;
        bool held = false;
        try
        {
            Descriptor.DangerousAddRef(ref held);
            int fd = (int)Descriptor.DangerousGetHandle();
            TimeSpan spin = timeout >= TimeSpan.Zero && timeout < SpinTime ? timeout : SpinTime;
            outcome = Spins(fd, events, spin, cancellationToken)
                ? Errno.None
                : DescriptorWait.Wait(fd, events, timeout, _waiters, cancellationToken);
        }
        finally
        {
            if (held)
                Descriptor.DangerousRelease();
        }

        if (outcome == Errno.ETIMEDOUT)
            return false;
        ThrowUnlessReady(outcome, cancellationToken);
        return true;
    }

    private async ValueTask WaitAsync(short events, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        Errno outcome = await DescriptorPoller.Shared
            .WaitAsync(Descriptor, events, _waiters, cancellationToken).ConfigureAwait(false);
        ThrowUnlessReady(outcome, cancellationToken);
    }

    private void ThrowUnlessReady(Errno outcome, CancellationToken cancellationToken)
    {
        if (outcome == Errno.None)
            return;
        if (outcome == Errno.ECANCELED)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new ObjectDisposedException(nameof(UnixSocket), "The socket was disposed during the wait.");
        }

        throw new ScatterlistException("poll", outcome, remedy: outcome == Errno.EMFILE ? Remedies.OpenFiles : null);
    }
}
