using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Scatterlist.Diagnostics;
using Scatterlist.HostFd;
using Scatterlist.Vrtd.Wire;

namespace Scatterlist.Vrtd.Emulator;

/// <summary>
/// An emulated vrtd daemon with V80-shaped cards, on the real wire: any vrtd client, in any language, can use it. It
/// listens at a path, serves sockets that are handed in, or both. No card, no root and no kernel module are needed.
/// </summary>
/// <remarks>
/// <para>Each connection is served in order and on a thread of its own, so that none delays another. Device memory is
/// one sparse memfd a card: it costs what is written.</para>
/// <para>Thread-safe. Source of the behaviour: vrtd wire specification, sections 1 to 10.</para>
/// </remarks>
public sealed partial class EmulatedDaemon : IDisposable
{
    private static readonly TimeSpan JoinTimeout = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource _stopping = new();
    private readonly EmulatedDevice[] _devices;
    private readonly Lock _gate = new();
    private readonly Dictionary<ulong, Connection> _connections = [];
    private readonly IAccountDatabase _accounts;
    private UnixSocket? _listener;
    private Thread? _acceptor;
    private ulong _lastConnection;
    private long _requests;
    private Exception? _unexpected;
    private bool _isDisposed;
    private bool _stopsWhenIdle;

    private EmulatedDaemon(EmulatorOptions options, IAccountDatabase accounts)
    {
        Options = options;
        Stopping = _stopping.Token;
        _accounts = accounts;
        Logger = options.LoggerFactory?.CreateLogger(ScatterlistDiagnostics.VrtdEmulatorLogCategory)
            ?? NullLogger.Instance;
        VrtdConfiguration configuration = options.Configuration
            ?? (options.ConfigurationPath is { } path
                ? VrtdConfiguration.Load(path, accounts)
                : VrtdConfiguration.FullAccess);
        _devices = new EmulatedDevice[options.DeviceCount];
        Handler = new RequestHandler(options, _devices) { Configuration = configuration };
    }

    /// <summary>What it was started with.</summary>
    public EmulatorOptions Options { get; }

    /// <summary>Where it listens; null when it does not.</summary>
    public string? SocketPath => Options.SocketPath;

    /// <summary>
    /// The first exception that ended a connection and that no rule foresees; null unless the emulator has a defect.
    /// </summary>
    public Exception? UnexpectedError => Volatile.Read(ref _unexpected);

    internal RequestHandler Handler { get; }

    internal ILogger Logger { get; }

    /// <summary>Cancelled by <see cref="Dispose"/>; usable afterwards.</summary>
    internal CancellationToken Stopping { get; }

    /// <summary>Starts a daemon.</summary>
    /// <param name="options">How it behaves; the defaults when null.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    /// <exception cref="ConfigurationException">The vrtd.conf cannot be used.</exception>
    /// <exception cref="ScatterlistException">
    /// The path is in use by a live daemon or cannot be bound, or the system has no descriptors or memory left.
    /// </exception>
    public static EmulatedDaemon Start(EmulatorOptions? options = null) =>
        Start(options ?? new EmulatorOptions(), SystemAccounts.Instance);

    internal static EmulatedDaemon Start(EmulatorOptions options, IAccountDatabase accounts)
    {
        options.Validate();
        var daemon = new EmulatedDaemon(options, accounts);
        try
        {
            for (int i = 0; i < daemon._devices.Length; i++)
                daemon._devices[i] = new EmulatedDevice(i, options);
            daemon.Listen();
            return daemon;
        }
        catch
        {
            daemon.Dispose();
            throw;
        }
    }

    /// <summary>Opens a connection inside this process: no path is involved.</summary>
    /// <returns>The client's end, which the caller owns.</returns>
    /// <exception cref="ObjectDisposedException">The daemon is disposed.</exception>
    /// <exception cref="ScatterlistException">
    /// The system has no descriptors left, or <see cref="EmulatorOptions.MaxConnections"/> clients are connected.
    /// </exception>
    public UnixSocket Connect()
    {
        (UnixSocket mine, UnixSocket yours) = UnixSocket.CreatePair(UnixSocketType.SeqPacket);
        try
        {
            Serve(mine);
            return yours;
        }
        catch
        {
            yours.Dispose();
            throw;
        }
    }

    /// <summary>Opens a session of this daemon inside this process.</summary>
    /// <param name="options">How the session behaves; its defaults when null.</param>
    /// <returns>The session, which the caller owns.</returns>
    /// <exception cref="ObjectDisposedException">The daemon is disposed.</exception>
    /// <exception cref="ScatterlistException">As <see cref="Connect"/>.</exception>
    public Session OpenSession(SessionOptions? options = null) => Session.FromSocket(Connect(), options);

    /// <summary>Serves a connected SEQPACKET socket, an inherited one for example.</summary>
    /// <param name="connection">The socket, which the daemon owns from now on, also when this throws.</param>
    /// <exception cref="ArgumentException">It is no SEQPACKET socket.</exception>
    /// <exception cref="ObjectDisposedException">The daemon is disposed.</exception>
    /// <exception cref="ScatterlistException">
    /// The socket has no peer, or <see cref="EmulatorOptions.MaxConnections"/> clients are connected.
    /// </exception>
    public void Serve(UnixSocket connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        try
        {
            if (connection.SocketType != UnixSocketType.SeqPacket)
                throw new ArgumentException("vrtd speaks SEQPACKET only.", nameof(connection));
            PeerCredentials peer = connection.PeerCredentials;
            PeerIdentity identity = PeerIdentity.FromCredentials(peer.Pid, peer.Uid, peer.Gid, _accounts);
            lock (_gate)
            {
                ObjectDisposedException.ThrowIf(_isDisposed, this);
                if (_connections.Count >= Options.MaxConnections)
                {
                    throw new ScatterlistException(
                        $"Serving connection {_connections.Count + 1}",
                        Errno.EMFILE,
                        $"the emulated daemon takes {Options.MaxConnections} clients",
                        $"Close one, or raise {nameof(EmulatorOptions)}.{nameof(EmulatorOptions.MaxConnections)}.");
                }

                var served = new Connection(connection, new Client(++_lastConnection, identity), this);
                served.Start();
                _connections.Add(served.Id, served);
            }
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Reads the <c>vrtd.conf</c> again, as SIGHUP makes the real daemon do. It holds from every client's next request.
    /// </summary>
    /// <exception cref="ConfigurationException">It cannot be used; the one in force stays.</exception>
    /// <exception cref="InvalidOperationException">The daemon was started without a path.</exception>
    public void ReloadConfiguration()
    {
        string path = Options.ConfigurationPath
            ?? throw new InvalidOperationException("The daemon was started without a configuration path.");
        Handler.Configuration = VrtdConfiguration.Load(path, _accounts);
    }

    /// <summary>What the daemon holds now. The numbers are taken one after the other while clients go on.</summary>
    public EmulatorStatistics GetStatistics()
    {
        int connections;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            connections = _connections.Count;
        }

        int buffers = 0;
        int queuePairs = 0;
        ulong allocated = 0;
        ulong committed = 0;
        foreach (EmulatedDevice device in _devices)
        {
            (int Buffers, int QueuePairs, ulong Allocated, ulong Committed) counts = device.Count();
            buffers += counts.Buffers;
            queuePairs += counts.QueuePairs;
            allocated += counts.Allocated;
            committed += counts.Committed;
        }

        return new EmulatorStatistics(
            connections, buffers, queuePairs, allocated, committed, Interlocked.Read(ref _requests));
    }

    internal void NoteUnexpected(Exception problem)
    {
        if (Stopping.IsCancellationRequested)
            return;
        Logger.Defect(problem);
        Interlocked.CompareExchange(ref _unexpected, problem, null);
    }

    internal void NoteAnswered(Client client, in FrameHeader header, VrtdReturnCode code)
    {
        Interlocked.Increment(ref _requests);
        Options.Trace?.Invoke(
            new RequestTrace(client.Id, client.Peer.ProcessId, header.Opcode, header.Sequence, code));
    }
}
