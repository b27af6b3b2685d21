namespace Scatterlist.Verbs.SoftRoce.Engine;

/// <summary>A packet that arrived, checked by its medium (ICRC on UDP). Its memory is valid during the call only.</summary>
internal readonly unsafe struct ReceivedPacket(
    byte* bytes, int length, Gid source, Gid destination, byte trafficClass, byte hopLimit, PacketPath? path)
{
    /// <summary>From the BTH through the padding, without the ICRC.</summary>
    internal readonly byte* Bytes = bytes;

    internal readonly int Length = length;

    internal readonly Gid Source = source;

    internal readonly Gid Destination = destination;

    internal readonly byte TrafficClass = trafficClass;

    internal readonly byte HopLimit = hopLimit;

    /// <summary>The path that it came by, where answers go, when the medium has one per peer; null on UDP.</summary>
    internal readonly PacketPath? Path = path;
}
