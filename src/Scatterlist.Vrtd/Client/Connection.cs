using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Scatterlist.HostFd;
using Scatterlist.Vrtd.Wire;

namespace Scatterlist.Vrtd.Client;

/// <summary>
/// The socket to the daemon, shared by a session and everything opened through it. It closes when the last of them is
/// gone, since the daemon takes the buffers of a closed connection away. One request runs at a time.
/// </summary>
internal sealed partial class Connection : IDisposable
{
    // While something of the daemon's is held, the connection must not be collected before it: a child that is
    // finalized still has to be given back, over a socket that still works.
    private static readonly ConcurrentDictionary<Connection, byte> Held = new();

    // Most requests are answered faster than a sleeping thread is woken on an idle processor.
    private static readonly TimeSpan ReplySpin = TimeSpan.FromMicroseconds(50);

    private readonly UnixSocket _socket;
    private readonly SessionOptions _options;
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly Lock _lifetime = new();
    private int _references = 1;
    private int _children;
    private volatile bool _isClosed;
    private volatile string? _brokenBecause;

    public Connection(UnixSocket socket, SessionOptions options)
    {
        _socket = socket;
        _socket.SpinTime = ReplySpin;
        _options = options;
        Logger = options.CreateLogger();
    }

    public ILogger Logger { get; }

    public WireKnowledge Knowledge { get; } = new();

    /// <summary>Whether <see cref="Close"/> was called.</summary>
    public bool IsClosed => _isClosed;

    /// <summary>Whether the connection was lost or given up.</summary>
    public bool IsBroken => _brokenBecause is not null;

    /// <summary>Keeps the socket for as long as a call runs.</summary>
    /// <returns>False when it is closed already.</returns>
    public bool TryAddReference()
    {
        lock (_lifetime)
        {
            if (_references == 0)
                return false;
            _references++;
            return true;
        }
    }

    public void Release()
    {
        lock (_lifetime)
        {
            if (--_references != 0)
                return;
        }

        _isClosed = true;
        _socket.Dispose();
    }

    /// <summary>Keeps the socket for as long as something of the daemon's is held.</summary>
    /// <returns>False when it is closed already.</returns>
    public bool TryAddChild()
    {
        lock (_lifetime)
        {
            if (_references == 0)
                return false;
            _references++;
            if (_children++ == 0)
                Held.TryAdd(this, 0);
            return true;
        }
    }

    public void ReleaseChild()
    {
        lock (_lifetime)
        {
            if (--_children == 0)
                Held.TryRemove(this, out _);
        }

        Release();
    }

    /// <summary>
    /// Waits for the request that runs, then closes the socket; the daemon frees what it held. Idempotent.
    /// </summary>
    public void Close()
    {
        if (!TryAddReference())
            return;
        try
        {
            _gate.Wait();
            try
            {
                _isClosed = true;
                _socket.Dispose();
            }
            finally
            {
                _gate.Release();
            }
        }
        finally
        {
            Release();
        }
    }

    /// <summary>The same as <see cref="Close"/>.</summary>
    public void Dispose() => Close();

    /// <summary>
    /// Gives something back. Failure means the daemon took it already or never will, so there is nobody to tell.
    /// </summary>
    public void GiveBack(Cleanup cleanup)
    {
        if (_isClosed || IsBroken)
            return;
        Span<byte> body = stackalloc byte[BufferCloseRequest.Size];
        Span<byte> reply = stackalloc byte[PlaceholderBody.Size];
        body = body[..cleanup.Write(body)];
        try
        {
            _ = Exchange(new Request(cleanup.Opcode, body, PlaceholderBody.Size, cleanup.ToString()), reply, default);
        }
        catch (Exception failure) when (failure is VrtdException or ObjectDisposedException)
        {
        }
    }

    /// <summary>The same on a thread of the pool, for threads that must not wait for a daemon.</summary>
    public void GiveBackLater(Cleanup cleanup)
    {
        if (!TryAddReference())
            return;
        ThreadPool.UnsafeQueueUserWorkItem(
            static work =>
            {
                try
                {
                    work.Connection.GiveBack(work.Cleanup);
                }
                finally
                {
                    work.Connection.Release();
                }
            },
            (Connection: this, Cleanup: cleanup),
            preferLocal: false);
    }

    /// <summary>Gives the connection up over a reply whose frame was right and whose content cannot be.</summary>
    public VrtdConnectionException GiveUp(string operation, string fault)
    {
        _gate.Wait();
        try
        {
            return Break(operation, Errno.None, "the daemon broke the protocol with its reply: " + fault);
        }
        finally
        {
            _gate.Release();
        }
    }

    private void ThrowIfUnusable(string operation)
    {
        ObjectDisposedException.ThrowIf(_isClosed, typeof(Session));
        if (_brokenBecause is { } reason)
        {
            throw new VrtdConnectionException(
                operation, Errno.None, "the session is broken: " + reason, "Open a new session.");
        }
    }

    // Under the gate. The daemon sees the hang-up and frees everything; the loss is reported by this exception, once.
    private VrtdConnectionException Break(string operation, Errno errno, string reason)
    {
        VrtdMetrics.CountLostConnection();
        Logger.Lost(operation, errno, reason);
        _brokenBecause = reason;
        _descriptors.Clear();
        _socket.Dispose();
        return new VrtdConnectionException(
            operation,
            errno,
            reason,
            "The daemon has freed this session's buffers: open a new session. 'journalctl -u vrtd -e' may tell why.");
    }
}
