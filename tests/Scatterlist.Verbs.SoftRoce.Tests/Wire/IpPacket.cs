using System.Buffers.Binary;
using Scatterlist.Verbs.SoftRoce.Wire;

namespace Scatterlist.Verbs.SoftRoce.Tests.Wire;

/// <summary>An IP packet taken apart, for tests. What is no UDP to the port of RoCE has no <see cref="Packet"/>.</summary>
internal sealed class IpPacket
{
    internal IpPacket(byte[] bytes)
    {
        bool isV4 = bytes[0] >> 4 == 4;
        int header = isV4 ? HeaderSizes.IPv4 : HeaderSizes.IPv6;
        if (bytes[isV4 ? 9 : 6] != IpHeaders.UdpProtocol)
            return;
        ReadOnlySpan<byte> udp = bytes.AsSpan(header);
        SourcePort = BinaryPrimitives.ReadUInt16BigEndian(udp);
        DestinationPort = BinaryPrimitives.ReadUInt16BigEndian(udp[2..]);
        if (DestinationPort != SoftNicOptions.RocePort)
            return;
        Source = Address(bytes.AsSpan(isV4 ? 12 : 8, isV4 ? 4 : 16));
        Destination = Address(bytes.AsSpan(isV4 ? 16 : 24, isV4 ? 4 : 16));
        Identification = isV4 ? BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(4)) : 0;
        TrafficClass = isV4 ? bytes[1] : (byte)(BinaryPrimitives.ReadUInt16BigEndian(bytes) >> 4);
        HopLimit = bytes[isV4 ? 8 : 7];
        int length = BinaryPrimitives.ReadUInt16BigEndian(udp[4..]) - HeaderSizes.Udp;
        Packet = udp.Slice(HeaderSizes.Udp, length).ToArray();
    }

    internal Gid Source { get; }

    internal Gid Destination { get; }

    internal ushort SourcePort { get; }

    internal ushort DestinationPort { get; }

    internal int Identification { get; }

    internal byte TrafficClass { get; }

    internal byte HopLimit { get; }

    /// <summary>BTH through ICRC.</summary>
    internal byte[]? Packet { get; }

    private static Gid Address(ReadOnlySpan<byte> bytes) => Gid.FromAddress(new System.Net.IPAddress(bytes));
}
