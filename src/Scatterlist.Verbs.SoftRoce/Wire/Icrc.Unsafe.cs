using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Scatterlist.Verbs.SoftRoce.Wire;

/// <summary>
/// The invariant CRC of a RoCEv2 packet: Ethernet's CRC over eight bytes of ones, the IP and UDP headers and the packet,
/// with every byte of ones that a router may change. A UDP socket sees no IP header, but all of it that counts is known,
/// except IPv4's identification.
/// </summary>
internal static unsafe class Icrc
{
    /// <summary>Segments of one message for whose identification a state is at hand.</summary>
    internal const int MaxIdentification = 128;

    private const uint AfterOnes = 0xdebb_20e3; // the state behind the eight bytes of ones
    private const int BehindIdentificationV4 = HeaderSizes.IPv4 + HeaderSizes.Udp - 6;

    // What the identification k does to the state behind the UDP header.
    private static readonly uint[] Identifications = MakeIdentifications();

    /// <summary>The state behind the UDP header. Identification 0 and "don't fragment" on IPv4.</summary>
    /// <param name="source">The sender's address.</param>
    /// <param name="destination">The receiver's, of the same kind.</param>
    /// <param name="sourcePort">UDP, in host order.</param>
    /// <param name="destinationPort">UDP, in host order.</param>
    /// <param name="length">Bytes behind the UDP header: BTH through ICRC.</param>
    internal static uint HeaderState(
        in Gid source, in Gid destination, ushort sourcePort, ushort destinationPort, int length)
    {
        byte* headers = stackalloc byte[HeaderSizes.IPv6 + HeaderSizes.Udp];
        var span = new Span<byte>(headers, HeaderSizes.IPv6 + HeaderSizes.Udp);
        int at = IpHeaders.Write(
            span, source, destination, sourcePort, destinationPort, length, 0xff, 0xff, identification: 0);
        if (source.IsIPv4)
        {
            BinaryPrimitives.WriteUInt16BigEndian(span[10..], 0xffff); // checksum
        }
        else
        {
            BinaryPrimitives.WriteUInt32BigEndian(span, 0x6fff_ffff); // version; the class and the label are masked
        }

        BinaryPrimitives.WriteUInt16BigEndian(span[(at - 2)..], 0xffff); // UDP checksum
        return EthernetCrc.Update(AfterOnes, headers, at);
    }

    /// <summary>The state behind a UDP header whose IPv4 identification is not 0.</summary>
    /// <param name="state">That of identification 0.</param>
    /// <param name="identification">0 .. <see cref="MaxIdentification"/> - 1.</param>
    internal static uint WithIdentification(uint state, int identification) => state ^ Identifications[identification];

    /// <summary>
    /// The ICRC of a packet. Its fifth byte, which is masked, is written for the moment, so nobody else may look.
    /// </summary>
    /// <param name="state">The state behind the UDP header.</param>
    /// <param name="packet">From the BTH on.</param>
    /// <param name="length">Bytes through the padding; at least a BTH.</param>
    /// <returns>The number that stands little-endian behind the padding.</returns>
    internal static uint Compute(uint state, byte* packet, int length)
    {
        byte masked = packet[4];
        packet[4] = 0xff;
        state = EthernetCrc.Update(state, packet, length);
        packet[4] = masked;
        return ~state;
    }

    /// <summary>
    /// The IPv4 identification that explains why an ICRC differs from the one computed with identification 0: the CRC is
    /// linear, so the difference is what the 16 bits became on their way to the end, and goes back by a division.
    /// </summary>
    /// <param name="difference">The received ICRC xor the computed one.</param>
    /// <param name="length">Bytes behind the UDP header through the padding.</param>
    /// <returns>The identification, or -1: the packet is damaged.</returns>
    internal static int RecoverIdentification(uint difference, int length)
    {
        uint bits = Gf32.Multiply(difference, PowerCache.Get(-(((length + BehindIdentificationV4) * 8) + 32)));
        return (ushort)bits != 0 ? -1 : BinaryPrimitives.ReverseEndianness((ushort)(bits >> 16));
    }

    internal static void Write(byte* at, uint icrc) =>
        Unsafe.WriteUnaligned(at, BitConverter.IsLittleEndian ? icrc : BinaryPrimitives.ReverseEndianness(icrc));

    internal static uint Read(byte* at)
    {
        uint icrc = Unsafe.ReadUnaligned<uint>(at);
        return BitConverter.IsLittleEndian ? icrc : BinaryPrimitives.ReverseEndianness(icrc);
    }

    private static uint[] MakeIdentifications()
    {
        var states = new uint[MaxIdentification];
        uint power = Gf32.Power((BehindIdentificationV4 * 8) + 32);
        for (int k = 0; k < states.Length; k++)
            states[k] = Gf32.Multiply((uint)BinaryPrimitives.ReverseEndianness((ushort)k) << 16, power);
        return states;
    }
}
