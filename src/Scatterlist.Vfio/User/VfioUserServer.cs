using Scatterlist.HostFd;

namespace Scatterlist.Vfio;

/// <summary>
/// Serves device models to other processes over a UNIX socket, by the vfio-user protocol: a virtual machine monitor
/// gives the device to its guest, a program drives it as it would drive a real one.
/// </summary>
/// <remarks>
/// <para>No client is trusted: every length, offset and count is checked, memory is only touched where its owner cannot
/// take it away, and a client that breaks the protocol, stalls or floods loses its connection and nothing else.</para>
/// <para>When a client goes, its mappings and interrupts go with it, and the device keeps its state for the next
/// one. Thread-safe.</para>
/// </remarks>
public sealed class VfioUserServer : IDisposable
{
    private readonly UnixSocket _listener;
    private readonly Func<VfioDeviceModel> _device;
    private readonly bool _ownsDevices;
    private readonly VfioUserServerOptions _options;
    private readonly HashSet<ServerConnection> _connections = [];
    private readonly Thread _thread;
    private readonly CancellationTokenSource _stop = new();
    private bool _disposed;

    private VfioUserServer(
        string path, Func<VfioDeviceModel> device, bool ownsDevices, VfioUserServerOptions options)
    {
        Path = path;
        _device = device;
        _ownsDevices = ownsDevices;
        _options = options;
        try
        {
            _listener = UnixSocket.Listen(
                path, UnixSocketType.Stream, new UnixListenOptions { Mode = options.Mode });
        }
        catch (ScatterlistException e)
        {
            _stop.Dispose();
            throw new VfioException($"serve at {path}", e.Errno, e.Message, e.Remedy, e);
        }

        _thread = new Thread(Accept) { IsBackground = true, Name = "vfio-user accept" };
        _thread.Start();
    }

    /// <summary>The socket's path.</summary>
    public string Path { get; }

    /// <summary>Connections at the moment, those that have not said their version included.</summary>
    public int ConnectionCount
    {
        get
        {
            lock (_connections)
                return _connections.Count;
        }
    }

    /// <summary>Whether some client is gone whose device has not been given back.</summary>
    internal bool IsSomebodyLeaving
    {
        get
        {
            lock (_connections)
                return _connections.Any(connection => connection.IsLeaving);
        }
    }

    /// <summary>Serves one device, to one client at a time; further ones are told that it is busy.</summary>
    /// <param name="path">Where to listen.</param>
    /// <param name="device">The device. It stays the caller's, who disposes it after the server.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <exception cref="VfioException">The socket cannot be made; somebody listens there (EADDRINUSE).</exception>
    public static VfioUserServer Start(string path, VfioDeviceModel device, VfioUserServerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(device);
        return Start(path, () => device, ownsDevices: false, options);
    }

    /// <summary>Serves a device of its own to every client; it is disposed when the client goes.</summary>
    /// <param name="path">Where to listen.</param>
    /// <param name="makeDevice">Makes a device; called on the connection's thread.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <exception cref="VfioException">The socket cannot be made; somebody listens there (EADDRINUSE).</exception>
    public static VfioUserServer StartForEach(
        string path, Func<VfioDeviceModel> makeDevice, VfioUserServerOptions? options = null) =>
        Start(path, makeDevice, ownsDevices: true, options);

    /// <summary>Disconnects all clients and stops listening; returns when no device is in use any more.</summary>
    public void Dispose()
    {
        ServerConnection[] connections;
        lock (_connections)
        {
            if (_disposed)
                return;
            _disposed = true;
            connections = [.. _connections];
        }

        _stop.Cancel();
        _listener.Dispose();
        foreach (ServerConnection connection in connections)
            connection.Dispose();
        _thread.Join();
        foreach (ServerConnection connection in connections)
            connection.Join();
        _stop.Dispose();
    }

    internal void Remove(ServerConnection connection)
    {
        lock (_connections)
            _connections.Remove(connection);
    }

    private static VfioUserServer Start(
        string path, Func<VfioDeviceModel> device, bool ownsDevices, VfioUserServerOptions? options)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(device);
        options ??= VfioUserServerOptions.Default;
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxConnections, 1, nameof(options));
        if (!uint.IsPow2(options.PageSize) || options.PageSize < HostBuffer.BasePageSize)
        {
            throw new ArgumentOutOfRangeException(
                nameof(options), options.PageSize, "A page is a power of two, and not smaller than the system's.");
        }

        return new VfioUserServer(path, device, ownsDevices, options);
    }

    private void Accept()
    {
        while (!_stop.IsCancellationRequested)
        {
            UnixSocket socket;
            try
            {
                socket = _listener.Accept(_stop.Token);
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (ScatterlistException)
            {
                // No descriptor left, most likely: one comes back when a client goes.
                _stop.Token.WaitHandle.WaitOne(TimeSpan.FromMilliseconds(100));
                continue;
            }

            var connection = new ServerConnection(this, socket, _device, _ownsDevices, _options);
            bool isWelcome;
            lock (_connections)
            {
                isWelcome = !_disposed && _connections.Count < _options.MaxConnections;
                if (isWelcome)
                    _connections.Add(connection);
            }

            if (isWelcome)
                connection.Start();
            else
                connection.Dispose();
        }
    }
}
