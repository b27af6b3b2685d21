using System.Buffers.Binary;

namespace Scatterlist.Verbs.SoftRoce.Wire;

/// <summary>Rebuilds the IP and UDP headers that a socket hides: for the ICRC, captures and a datagram's GRH.</summary>
internal static class IpHeaders
{
    internal const byte UdpProtocol = 17;
    private const ushort DontFragment = 0x4000;

    /// <summary>Writes an IP and a UDP header; the UDP checksum is 0, "none".</summary>
    /// <param name="to">Where to; 48 bytes hold both kinds.</param>
    /// <param name="source">The sender; an IPv4 one makes an IPv4 header.</param>
    /// <param name="destination">The receiver, of the same kind.</param>
    /// <param name="sourcePort">In host order.</param>
    /// <param name="destinationPort">In host order.</param>
    /// <param name="length">Bytes behind the UDP header.</param>
    /// <param name="trafficClass">TOS or traffic class.</param>
    /// <param name="hopLimit">TTL or hop limit.</param>
    /// <param name="identification">Of IPv4.</param>
    /// <returns>Bytes written.</returns>
    internal static int Write(
        Span<byte> to, in Gid source, in Gid destination, ushort sourcePort, ushort destinationPort, int length,
        byte trafficClass, byte hopLimit, ushort identification)
    {
        int at = source.IsIPv4
            ? WriteIPv4(to, source, destination, length + HeaderSizes.Udp, trafficClass, hopLimit, identification)
            : WriteIPv6(to, source, destination, length + HeaderSizes.Udp, trafficClass, hopLimit);
        Span<byte> udp = to.Slice(at, HeaderSizes.Udp);
        BinaryPrimitives.WriteUInt16BigEndian(udp, sourcePort);
        BinaryPrimitives.WriteUInt16BigEndian(udp[2..], destinationPort);
        BinaryPrimitives.WriteUInt16BigEndian(udp[4..], (ushort)(length + HeaderSizes.Udp));
        BinaryPrimitives.WriteUInt16BigEndian(udp[6..], 0);
        return at + HeaderSizes.Udp;
    }

    /// <summary>Writes an IPv4 header without options, its checksum included.</summary>
    internal static int WriteIPv4(
        Span<byte> to, in Gid source, in Gid destination, int payload, byte trafficClass, byte hopLimit,
        ushort identification)
    {
        Span<byte> ip = to[..HeaderSizes.IPv4];
        ip[0] = 0x45;
        ip[1] = trafficClass;
        BinaryPrimitives.WriteUInt16BigEndian(ip[2..], (ushort)(payload + HeaderSizes.IPv4));
        BinaryPrimitives.WriteUInt16BigEndian(ip[4..], identification);
        BinaryPrimitives.WriteUInt16BigEndian(ip[6..], DontFragment);
        ip[8] = hopLimit;
        ip[9] = UdpProtocol;
        BinaryPrimitives.WriteUInt16BigEndian(ip[10..], 0);
        BinaryPrimitives.WriteUInt32BigEndian(ip[12..], (uint)source.InterfaceId);
        BinaryPrimitives.WriteUInt32BigEndian(ip[16..], (uint)destination.InterfaceId);
        uint sum = 0;
        for (int i = 0; i < HeaderSizes.IPv4; i += 2)
            sum += BinaryPrimitives.ReadUInt16BigEndian(ip[i..]);
        sum = (sum & 0xffff) + (sum >> 16);
        sum = (sum & 0xffff) + (sum >> 16);
        BinaryPrimitives.WriteUInt16BigEndian(ip[10..], (ushort)~sum);
        return HeaderSizes.IPv4;
    }

    /// <summary>Writes an IPv6 header, with flow label 0.</summary>
    internal static int WriteIPv6(
        Span<byte> to, in Gid source, in Gid destination, int payload, byte trafficClass, byte hopLimit)
    {
        Span<byte> ip = to[..HeaderSizes.IPv6];
        BinaryPrimitives.WriteUInt32BigEndian(ip, 0x6000_0000 | ((uint)trafficClass << 20));
        BinaryPrimitives.WriteUInt16BigEndian(ip[4..], (ushort)payload);
        ip[6] = UdpProtocol;
        ip[7] = hopLimit;
        source.CopyTo(ip[8..]);
        destination.CopyTo(ip[24..]);
        return HeaderSizes.IPv6;
    }

    /// <summary>
    /// The 40 bytes in front of a received datagram's payload: the IPv6 header, or 20 zero bytes and the IPv4 header. What
    /// a socket does not tell is 0: the identification and the flow label.
    /// </summary>
    /// <param name="to">At least 40 bytes.</param>
    /// <param name="source">The sender.</param>
    /// <param name="destination">The receiver.</param>
    /// <param name="length">Bytes behind the UDP header: BTH through ICRC.</param>
    /// <param name="trafficClass">TOS or traffic class.</param>
    /// <param name="hopLimit">TTL or hop limit.</param>
    internal static void WriteGlobalRoute(
        Span<byte> to, in Gid source, in Gid destination, int length, byte trafficClass, byte hopLimit)
    {
        to[..HeaderSizes.GlobalRoute].Clear();
        if (source.IsIPv4)
        {
            WriteIPv4(
                to[(HeaderSizes.GlobalRoute - HeaderSizes.IPv4)..], source, destination, length + HeaderSizes.Udp,
                trafficClass, hopLimit, identification: 0);
        }
        else
        {
            WriteIPv6(to, source, destination, length + HeaderSizes.Udp, trafficClass, hopLimit);
        }
    }
}
