using System.Diagnostics;
using Scatterlist.Diagnostics;
using Scatterlist.HostFd;
using Scatterlist.Vrtd.Client;
using Scatterlist.Vrtd.Wire;

namespace Scatterlist.Vrtd;

/// <summary>A connection to vrtd, the daemon that owns the cards of a machine.</summary>
/// <remarks>
/// <para>Ownership: buffers and queue pairs keep the connection alive, so a session may be disposed before them, and
/// the daemon takes nothing away from them. <see cref="Close"/> is the other way to end: it waits for the request that
/// runs and then cuts the connection, upon which the daemon frees every buffer of the session.</para>
/// <para>Thread-safe. One request runs at a time; the data of buffers does not pass through here.</para>
/// <para>When the daemon dies or breaks the protocol, the request that finds out throws
/// <see cref="VrtdConnectionException"/> with the cause, and later ones throw one that says the session is broken.
/// Buffers can then still be closed, and as far as the card allows, synced.</para>
/// <para>Source: vrtd wire specification, sections 1, 9 and 11.2.</para>
/// </remarks>
public sealed class Session : IDisposable
{
    /// <summary>Where the daemon listens.</summary>
    public const string DefaultPath = "/run/vrtd.sock";

    private readonly SessionHandle _handle;
    private readonly DaemonClient _client;

    private Session(Connection connection)
    {
        _handle = new SessionHandle(connection);
        _client = new DaemonClient(connection);
    }

    /// <summary>Whether the session was disposed or closed.</summary>
    public bool IsClosed => _handle.IsDisposed || _client.Connection.IsClosed;

    /// <summary>Whether the connection was lost, or given up because the daemon broke the protocol.</summary>
    public bool IsBroken => _client.Connection.IsBroken;

    /// <summary>What the session has learned about the daemon so far.</summary>
    public DaemonVersion DaemonVersion => _client.Knowledge.Version;

    internal DaemonClient Client
    {
        get
        {
            ObjectDisposedException.ThrowIf(IsClosed, this);
            return _client;
        }
    }

    /// <summary>Connects to a daemon.</summary>
    /// <param name="path">Its socket, at most 107 bytes.</param>
    /// <param name="options">How the session behaves; null for the defaults.</param>
    /// <exception cref="VrtdConnectionException">
    /// Nobody listens there, or does not let this user in; the message says how to start one.
    /// </exception>
    public static Session Connect(string path = DefaultPath, SessionOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        (options ?? SessionOptions.Default).Validate();
        using Activity? activity = ScatterlistDiagnostics.ActivitySource.StartActivity("vrtd.session.connect");
        UnixSocket socket;
        try
        {
            socket = UnixSocket.Connect(path, UnixSocketType.SeqPacket);
        }
        catch (ScatterlistException failure)
        {
            string? remedy = failure.Errno switch
            {
                Errno.ENOENT or Errno.ECONNREFUSED => VrtdRemedies.NoDaemon(path),
                Errno.EACCES => VrtdRemedies.NoAccess(path),
                Errno.EPROTOTYPE => "The path is a socket of another type, so not vrtd's.",
                _ => failure.Remedy,
            };
            throw new VrtdConnectionException(
                $"connecting to vrtd at {path}",
                failure.Errno,
                failure.Errno is Errno.ENOENT or Errno.ECONNREFUSED ? "no daemon listens there" : "",
                remedy,
                failure);
        }

        Session session = FromSocket(socket, options);
        session.Client.Connection.Logger.Connected(path);
        return session;
    }

    /// <summary>Makes a session of a socket that is connected to a daemon already.</summary>
    /// <param name="socket">A SEQPACKET socket. The session takes it over and closes it.</param>
    /// <param name="options">How the session behaves; null for the defaults.</param>
    /// <exception cref="ArgumentException">The socket is of another type.</exception>
    public static Session FromSocket(UnixSocket socket, SessionOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(socket);
        if (socket.SocketType != UnixSocketType.SeqPacket)
            throw new ArgumentException("vrtd speaks over SEQPACKET sockets.", nameof(socket));
        options ??= SessionOptions.Default;
        options.Validate();
        return new Session(new Connection(socket, options));
    }

    /// <summary>Asks how many devices the daemon has.</summary>
    /// <param name="cancellationToken">Stops waiting for the daemon; the session stays usable.</param>
    /// <exception cref="ObjectDisposedException">The session is closed.</exception>
    /// <exception cref="VrtdException">The daemon refused; the message has the remedy.</exception>
    public int GetNumDevices(CancellationToken cancellationToken = default) =>
        Client.GetNumDevices(cancellationToken);

    /// <summary>Asks for a device by its number.</summary>
    /// <param name="number">0 to the number of devices less one.</param>
    /// <param name="cancellationToken">Stops waiting for the daemon; the session stays usable.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative.</exception>
    /// <inheritdoc cref="GetNumDevices"/>
    public Device GetDevice(int number, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(number);
        return new Device(this, number, Client.GetDeviceInfo(number, cancellationToken));
    }

    /// <summary>Asks for all devices.</summary>
    /// <inheritdoc cref="GetNumDevices"/>
    public IReadOnlyList<Device> GetDevices(CancellationToken cancellationToken = default)
    {
        int count = GetNumDevices(cancellationToken);
        List<Device> devices = [];
        for (int number = 0; number < count; number++)
            devices.Add(GetDevice(number, cancellationToken));
        return devices;
    }

    /// <summary>Asks for a device by its PCI address.</summary>
    /// <param name="bdf">
    /// <c>DDDD:BB:DD</c> or <c>BB:DD</c>; a function behind a dot is ignored, since devices are whole boards.
    /// </param>
    /// <param name="cancellationToken">Stops waiting for the daemon; the session stays usable.</param>
    /// <exception cref="ArgumentException">The text is empty or longer than an address.</exception>
    /// <inheritdoc cref="GetNumDevices"/>
    public Device GetDeviceByBdf(string bdf, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(bdf);
        if (!DeviceByBdfRequest.Fits(bdf) || bdf.Contains('\0', StringComparison.Ordinal))
            throw new ArgumentException($"A PCI address reads DDDD:BB:DD, not '{bdf}'.", nameof(bdf));
        return GetDevice(Client.GetDeviceByBdf(bdf, cancellationToken), cancellationToken);
    }

    /// <summary>Asks what the QDMA engine of a device has.</summary>
    /// <inheritdoc cref="GetDevice"/>
    public QdmaInfo GetQdmaInfo(int number, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(number);
        QdmaInfoResponse info = Client.GetQdmaInfo(number, cancellationToken);
        return new QdmaInfo(
            info.QueueSetsMax, info.InterruptVectors, info.VirtualFunctionsMax, info.Capabilities, info.Bdf);
    }

    /// <summary>
    /// Waits for the request that runs, then cuts the connection for everything that was opened through it: the daemon
    /// frees the buffers, whose memory may be another client's from then on. Closing those is still safe and needed for
    /// what they hold on this side. Idempotent.
    /// </summary>
    public void Close()
    {
        _client.Connection.Close();
        _handle.Dispose();
    }

    /// <summary>
    /// Ends this session's own use of the connection. It closes now if nothing was opened through it, otherwise with
    /// the last buffer or queue pair. Idempotent.
    /// </summary>
    public void Dispose() => _handle.Dispose();
}
