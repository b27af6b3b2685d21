namespace Scatterlist.Verbs.SoftRoce.Engine;

/// <summary>A packet that arrived, checked by its medium (ICRC on UDP). Its memory is valid during the call only.</summary>
internal readonly unsafe struct ReceivedPacket(
    byte* header, byte* bytes, int length, Gid source, Gid destination, byte trafficClass, byte hopLimit,
    PacketPath? path)
{
    /// <summary>Bytes that <see cref="Header"/> has, when the packet has as many: more than all headers.</summary>
    internal const int HeaderCapacity = 64;

    /// <summary>A packet that lies in memory which nobody else writes.</summary>
    internal ReceivedPacket(
        byte* bytes, int length, Gid source, Gid destination, byte trafficClass, byte hopLimit, PacketPath? path)
        : this(bytes, bytes, length, source, destination, trafficClass, hopLimit, path)
    {
    }

    /// <summary>
    /// The packet's first bytes, up to <see cref="HeaderCapacity"/>. Headers are read and checked here, never in
    /// <see cref="Bytes"/>: that may lie in memory which a peer can change at any time.
    /// </summary>
    internal readonly byte* Header = header;

    /// <summary>From the BTH through the padding, without the ICRC. For the payload alone: see
    /// <see cref="Header"/>.</summary>
    internal readonly byte* Bytes = bytes;

    internal readonly int Length = length;

    internal readonly Gid Source = source;

    internal readonly Gid Destination = destination;

    internal readonly byte TrafficClass = trafficClass;

    internal readonly byte HopLimit = hopLimit;

    /// <summary>The path that it came by, where answers go, when the medium has one per peer; null on UDP.</summary>
    internal readonly PacketPath? Path = path;
}
