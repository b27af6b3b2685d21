using System.Buffers.Binary;
using System.Security.Cryptography;
using Scatterlist.Verbs.SoftRoce.Capture;
using Scatterlist.Verbs.SoftRoce.Engine.SameHost;
using Scatterlist.Verbs.SoftRoce.Engine.Udp;
using Scatterlist.Verbs.SoftRoce.Objects;

namespace Scatterlist.Verbs.SoftRoce.Engine;

internal sealed unsafe partial class NicEngine
{
    private readonly UdpPort[] _ports; // by GID index
    private readonly Dictionary<(byte Index, Gid Destination), UdpPath> _udpPaths = [];
    private readonly SameHostService? _sameHost;
    private bool _hasDatagrams; // datagram queue pairs, which anybody may send to
    private readonly PacketCapture? _capture;

    /// <summary>Takes over the ports and the service.</summary>
    internal NicEngine(
        IReadOnlyList<GidEntry> gids, Mtu activeMtu, UdpPort[] ports, SameHostService? sameHost, PacketCapture? capture)
    {
        Gids = gids;
        ActiveMtu = activeMtu;
        _ports = ports;
        _sameHost = sameHost;
        _capture = capture;
        foreach (UdpPort port in ports)
            port.TellsHeaders = capture is not null;
        Span<byte> drawn = stackalloc byte[sizeof(ulong)];
        RandomNumberGenerator.Fill(drawn);
        Guid = (BinaryPrimitives.ReadUInt64BigEndian(drawn) & ~0x0100_0000_0000_0000ul) | 0x0200_0000_0000_0000ul;
    }

    /// <summary>The node's GUID: drawn, with the bits of a locally administered EUI-64.</summary>
    internal ulong Guid { get; }

    /// <summary>The GID table; index 0 is the address that the NIC was opened with.</summary>
    internal IReadOnlyList<GidEntry> Gids { get; }

    /// <summary>The largest payload that every address's interface carries.</summary>
    internal Mtu ActiveMtu { get; }

    /// <summary>How many low bits of a queue pair's number say which process it is, where an address is shared.</summary>
    private int SlotBits { get; init; }

    private uint Slot { get; init; }

    /// <exception cref="VerbsException">The path cannot be taken: no such GID, no global route, a wrong port.</exception>
    internal void CheckAddress(string verb, in AddressHandleAttributes attributes)
    {
        string? wrong = attributes switch
        {
            { Port: not 1 } => $"The port is {attributes.Port}; the soft NIC has port 1 alone.",
            { IsGlobal: false } => "RoCE needs a global route: IsGlobal and the peer's GID.",
            { Destination.IsZero: true } => "The peer's GID is empty.",
            _ when attributes.SourceGidIndex >= Gids.Count =>
                $"The GID index is {attributes.SourceGidIndex}; the table has {Gids.Count} places.",
            _ when attributes.Destination.IsIPv4 != Gids[attributes.SourceGidIndex].Gid.IsIPv4 =>
                "The own GID and the peer's are not of the same IP version.",
            _ => null,
        };
        if (wrong is not null)
            throw new VerbsException(verb, Errno.EINVAL, wrong);
    }

    /// <summary>
    /// The path to a peer: by shared memory for a connected service where the peer is ours and on this host, else by UDP.
    /// Null when there is no way at all. Under the lock.
    /// </summary>
    internal PacketPath? Connect(in AddressHandleAttributes address, uint destinationQueuePair, bool isConnected)
    {
        if (address.SourceGidIndex >= Gids.Count
            || Gids[address.SourceGidIndex].Gid.IsIPv4 != address.Destination.IsIPv4)
        {
            return null;
        }

        if (!isConnected || _sameHost is null)
            return ConnectByUdp(address);
        Gid local = Gids[address.SourceGidIndex].Gid;
        PacketPath? path = _sameHost.TryConnect(local, address.Destination, destinationQueuePair);
        if (_isAsleep)
            HandOver(); // who was met on the way may have sent already, before it could know that somebody sleeps
        return path ?? ConnectByUdp(address);
    }

    /// <summary>The path to a peer by UDP; null when there is no route. Under the lock.</summary>
    internal PacketPath? ConnectByUdp(in AddressHandleAttributes address)
    {
        (byte, Gid) key = (address.SourceGidIndex, address.Destination);
        if (_udpPaths.TryGetValue(key, out UdpPath? known))
            return known;
        if (address.SourceGidIndex >= _ports.Length)
            return null;
        try
        {
            UdpPath path = _ports[address.SourceGidIndex].CreatePath(address.Destination);
            _udpPaths.Add(key, path);
            return path;
        }
        catch (VerbsException)
        {
            return null; // no route
        }
    }

    /// <summary>
    /// Lets a peer on this host repeat without packets what its packets just did, where the region's memory can be shared.
    /// For the responder, after success. Under the lock.
    /// </summary>
    internal void OfferGrant(PacketPath path, NicQueuePair queuePair, AccessFlags access, uint remoteKey)
    {
        const AccessFlags Remote = AccessFlags.RemoteWrite | AccessFlags.RemoteRead | AccessFlags.RemoteAtomic;
        if (path.Direct is null || Regions.FindRemote(remoteKey) is not { Shared: { } memory } region)
            return;
        region.IsGranted = true;
        queuePair.HasGranted = true;
        path.OfferGrant(new GrantOffer(
            queuePair.Number, remoteKey, region.Iova, region.Length, access & region.Access & Remote, memory,
            region.SharedOffset));
    }

    /// <summary>Takes back what peers were granted of a region; then none of them is inside. Under the lock.</summary>
    internal void RevokeRegion(SoftRegion region)
    {
        if (region.IsGranted)
            _sameHost?.RevokeRegion(region.RemoteKeyValue);
    }

    /// <summary>Takes back what peers were granted through a queue pair: when it leaves RTR or RTS, or its rights
    /// change. Under the lock.</summary>
    internal void RevokeQueuePair(NicQueuePair queuePair)
    {
        if (!queuePair.HasGranted)
            return;
        queuePair.HasGranted = false;
        _sameHost?.RevokeQueuePair(queuePair.Number);
    }

    /// <summary>A datagram queue pair shows its packets' IP headers. Under the lock.</summary>
    internal void TellHeaders()
    {
        _hasDatagrams = true;
        foreach (UdpPort port in _ports)
            port.TellsHeaders = true;
    }

    private int PollUdp(int budget)
    {
        int packets = 0;
        foreach (UdpPort port in _ports)
        {
            if (port.IsBlocked)
                port.Flush();
            packets += port.Receive(this, budget);
        }

        return packets;
    }

    private int PollSameHost(int budget) => _sameHost?.Poll(this, budget) ?? 0;

    // A blocked socket's buffer empties within microseconds: it is looked at again rather than waited for.
    private bool PrepareToSleep() => !HasBlockedPort() && (_sameHost?.PrepareToSleep() ?? true);

    private bool HasBlockedPort()
    {
        foreach (UdpPort port in _ports)
        {
            if (port.IsBlocked)
                return true;
        }

        return false;
    }

    private void OnPathDied(PacketPath path)
    {
        foreach (NicQueuePair queuePair in _queuePairs.Values)
            queuePair.OnPathDied(path);
    }

    private void AddDescriptors(ref WaitPlan wait)
    {
        foreach (UdpPort port in _ports)
            wait.Add(port.Descriptor);
        if (_sameHost is not null)
            wait.Add(_sameHost.EventDescriptor);
    }

    private void CloseMedia()
    {
        _sameHost?.Dispose();
        foreach (UdpPort port in _ports)
            port.Dispose();
        _capture?.Dispose();
    }
}
