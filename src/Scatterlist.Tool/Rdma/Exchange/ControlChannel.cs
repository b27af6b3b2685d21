using System.Net;
using System.Net.Sockets;

namespace Scatterlist.Tool.Rdma.Exchange;

/// <summary>
/// The TCP connection over which two programs tell each other of their queue pairs. Every wait ends with the command's
/// own cancellation, and with an error when the other end goes away.
/// </summary>
internal sealed class ControlChannel : IDisposable
{
    private static readonly TimeSpan DefaultPatience = TimeSpan.FromSeconds(60);

    private readonly Socket _socket;
    private readonly CancellationToken _stop;

    private ControlChannel(Socket socket, bool isServer, CancellationToken stop)
    {
        _socket = socket;
        _stop = stop;
        IsServer = isServer;
        _socket.NoDelay = true;
    }

    /// <summary>
    /// How long a peer may be silent that is setting up: one that connects and then says nothing must not keep a server
    /// for ever.
    /// </summary>
    internal TimeSpan Patience { get; set; } = DefaultPatience;

    /// <summary>Whether this end was the one that listened.</summary>
    internal bool IsServer { get; }

    /// <summary>Whether bytes of the peer wait, or its end of the connection.</summary>
    internal bool HasNews => _socket.Poll(0, SelectMode.SelectRead);

    /// <summary>Whether the peer closed its end and nothing is left to read.</summary>
    internal bool IsPeerGone
    {
        get
        {
            try
            {
                return HasNews && _socket.Available == 0;
            }
            catch (SocketException)
            {
                return true;
            }
        }
    }

    /// <summary>Waits for one client.</summary>
    /// <param name="port">The TCP port.</param>
    /// <param name="listening">Called once clients can connect.</param>
    /// <param name="stop">Ends this wait and all later ones.</param>
    internal static ControlChannel Accept(int port, Action listening, CancellationToken stop)
    {
        try
        {
            using Socket listener = Listen(port);
            listening();
            return new ControlChannel(Wait(listener.AcceptAsync(stop)), isServer: true, stop);
        }
        catch (SocketException exception)
        {
            throw new IOException(
                $"cannot listen on TCP port {port}: {exception.Message}. Choose another one with -p.", exception);
        }
    }

    /// <summary>Connects to a server.</summary>
    /// <param name="host">A name or an address.</param>
    /// <param name="port">The TCP port.</param>
    /// <param name="stop">Ends this wait and all later ones.</param>
    internal static ControlChannel Connect(string host, int port, CancellationToken stop)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
            limit.CancelAfter(DefaultPatience);
            try
            {
                socket.ConnectAsync(host, port, limit.Token).AsTask().GetAwaiter().GetResult();
            }
            catch (OperationCanceledException) when (!stop.IsCancellationRequested)
            {
                throw new PeerException($"{host}, TCP port {port}, does not answer");
            }

            return new ControlChannel(socket, isServer: false, stop);
        }
        catch (SocketException exception)
        {
            socket.Dispose();
            throw new IOException(
                $"cannot connect to {host}, TCP port {port}: {exception.Message}. The server is started first: the same "
                + "command without HOST.", exception);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Sends all of a message at once, so that peers who read it with one call get it whole.</summary>
    internal void Send(ReadOnlyMemory<byte> message)
    {
        try
        {
            while (!message.IsEmpty)
                message = message[Wait(_socket.SendAsync(message, SocketFlags.None, _stop))..];
        }
        catch (SocketException exception)
        {
            throw new PeerException($"the peer is gone: {exception.Message}");
        }
    }

    /// <summary>Receives exactly as many bytes as there is room for.</summary>
    /// <param name="room">Where they go.</param>
    /// <param name="what">What is waited for, for the error.</param>
    /// <param name="patience">How long the peer may be silent; null: as long as it is connected.</param>
    internal void Receive(Memory<byte> room, string what, TimeSpan? patience = null)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(_stop);
        if (patience is { } time)
            limit.CancelAfter(time);
        try
        {
            for (int count; !room.IsEmpty; room = room[count..])
            {
                count = Wait(_socket.ReceiveAsync(room, SocketFlags.None, limit.Token));
                if (count == 0)
                    throw new PeerException($"the peer closed the connection before it sent {what}");
            }
        }
        catch (SocketException exception)
        {
            throw new PeerException($"the peer is gone before it sent {what}: {exception.Message}");
        }
        catch (OperationCanceledException) when (!_stop.IsCancellationRequested)
        {
            throw new PeerException($"the peer has been silent for {patience?.TotalSeconds:0} s, instead of sending {what}");
        }
    }

    /// <summary>As <see cref="Receive"/>, with the patience for a peer that is setting up.</summary>
    internal void ReceivePromptly(Memory<byte> room, string what) => Receive(room, what, Patience);

    public void Dispose() => _socket.Dispose();

    private static Socket Listen(int port)
    {
        bool both = Socket.OSSupportsIPv6;
        var listener = new Socket(
            both ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (both)
                listener.DualMode = true;
            listener.Bind(new IPEndPoint(both ? IPAddress.IPv6Any : IPAddress.Any, port));
            listener.Listen(1);
            return listener;
        }
        catch
        {
            listener.Dispose();
            throw;
        }
    }

    private static T Wait<T>(ValueTask<T> task) => task.AsTask().GetAwaiter().GetResult();
}
