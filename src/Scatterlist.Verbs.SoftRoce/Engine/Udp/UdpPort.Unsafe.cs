using System.Net;
using System.Net.Sockets;
using Scatterlist.Verbs.SoftRoce.Capture;

namespace Scatterlist.Verbs.SoftRoce.Engine.Udp;

/// <summary>
/// One address of the NIC on UDP: an unconnected socket, a batch of packets to send, and buffers to receive. Packets to
/// any number of peers share the batch. Used under the engine's lock only, except for the counters.
/// </summary>
/// <remarks>
/// The socket stays unconnected and forbids fragments, because only then Linux sends IPv4's identification 0, and k for
/// the k-th segment of a message, which the ICRC covers and a socket cannot see.
/// </remarks>
internal sealed unsafe partial class UdpPort : IDisposable
{
    private readonly FileDescriptor _socket;
    private readonly int _descriptor;
    private readonly PacketCapture? _capture;
    private readonly UdpShare? _share;
    private readonly uint _scope;
    private readonly bool _isIPv4;
    private UdpCounters _counters;
    private bool _isClosed;

    private UdpPort(FileDescriptor socket, IPAddress local, UdpPortOptions options, UdpShare? share)
    {
        _share = share;
        _socket = socket;
        _descriptor = socket.Value;
        Local = Gid.FromAddress(local);
        _isIPv4 = Local.IsIPv4;
        _scope = _isIPv4 ? 0 : (uint)local.ScopeId;
        Number = options.Port;
        ReceiveBufferBytes = UdpSocket.ReceiveBufferOf(_descriptor);
        _capture = options.Capture;
        _segments = options.Segmentation && UdpSocket.CanSegment(_descriptor);
        _faults = options.Faults is { } faults ? new FaultSource(faults) : null;
        PrepareTransmit();
        PrepareReceive();
        UdpSocket.Merge(_descriptor, true); // a shared socket may come from one who had a conversation by it
        TellsHeaders = true;
    }

    /// <summary>The address.</summary>
    internal Gid Local { get; }

    /// <summary>The UDP port, here and at the peers.</summary>
    internal int Number { get; }

    /// <summary>
    /// Whether packets come with their traffic class and hop limit, which datagram queue pairs and captures show: the
    /// kernel takes a tenth of a packet's time to tell them. Otherwise they are 0 and 64.
    /// </summary>
    internal bool TellsHeaders
    {
        get;
        set
        {
            if (field == value)
                return;
            UdpSocket.TellHeaders(_descriptor, _isIPv4, value);
            field = value;
            Merge(true); // who is told of headers takes them beside the message
        }
    }

    /// <summary>Readable when packets wait.</summary>
    internal int Descriptor => _descriptor;

    /// <summary>What the kernel granted, as it counts: packets with their overhead.</summary>
    internal int ReceiveBufferBytes { get; }

    /// <summary>
    /// Packets that a peer with a buffer like ours surely holds: each may cost a little more than twice the largest one.
    /// </summary>
    internal int WindowPackets => Math.Clamp(ReceiveBufferBytes / (2 * 4352), 16, 128);

    /// <summary>
    /// On a shared address, which of the processes this is: the low <see cref="UdpShare.SlotBits"/> bits of the numbers
    /// of all of its queue pairs, by which the kernel picks the socket. Otherwise -1.
    /// </summary>
    internal int Slot => _share?.Slot ?? -1;

    internal ref readonly UdpCounters Counters => ref _counters;

    /// <summary>Takes an address.</summary>
    /// <param name="local">One of this host's addresses, not a wildcard: the ICRC covers it.</param>
    /// <param name="options">How.</param>
    /// <exception cref="VerbsException">The address is not of this host, or taken.</exception>
    internal static UdpPort Open(IPAddress local, UdpPortOptions options)
    {
        if (local.IsIPv4MappedToIPv6)
            local = local.MapToIPv4();
        if (local.AddressFamily is not (AddressFamily.InterNetwork or AddressFamily.InterNetworkV6)
            || IPAddress.Any.Equals(local) || IPAddress.IPv6Any.Equals(local))
        {
            throw new VerbsException(
                UdpSocket.Verb(local, options.Port), Errno.EINVAL, "A NIC needs an address of its own.",
                "Name one of this host's addresses (ip addr), or one of 127.0.0.0/8.");
        }

        UdpShare? share = null;
        FileDescriptor? socket = null;
        try
        {
            share = options.IsShared ? UdpShare.Join(local, options) : null;
            socket = share?.TakeSocket() ?? UdpSocket.Open(local, options, reusePort: false);
            return new UdpPort(socket, local, options, share);
        }
        catch
        {
            socket?.Dispose();
            share?.Dispose();
            throw;
        }
    }

    /// <summary>The way to a peer.</summary>
    /// <exception cref="VerbsException">There is no route to it.</exception>
    internal UdpPath CreatePath(in Gid destination)
    {
        byte[] address = UdpSocket.MakeAddress(destination.ToAddress(), Number, _scope);
        return new UdpPath(this, destination, address, UdpSocket.FindMaxPayload(address, destination));
    }

    /// <summary>Closes the socket. Idempotent.</summary>
    public void Dispose()
    {
        if (_isClosed)
            return;
        _isClosed = true;
        _capture?.Flush();
        _socket.Dispose();
        _share?.Dispose();
    }
}
