using System.Buffers.Binary;
using Scatterlist.Verbs.SoftRoce.Engine;
using Scatterlist.Verbs.SoftRoce.Wire;

namespace Scatterlist.Verbs.SoftRoce.Transport;

internal sealed unsafe partial class Responder
{
    private const int Doubles = 128; // numbers that lie so little behind are doubles, not a new beginning

    /// <summary>
    /// A datagram, of any content. What cannot be received is dropped: its sender has long been told that it is done.
    /// </summary>
    internal void OnDatagram(in ReceivedPacket raw, in PacketReader packet, byte* payload)
    {
        if (packet.QueueKey != _qp.Attributes.QueueKey)
            return;
        Hear();
        uint length = (uint)packet.PayloadLength;
        if (!TakeReceive() || _receiveRoom < HeaderSizes.GlobalRoute + length)
            return; // one that is too small stays for a smaller datagram
        byte* route = stackalloc byte[HeaderSizes.GlobalRoute];
        WriteRoute(raw, new Span<byte>(route, HeaderSizes.GlobalRoute));
        _offset = 0;
        if (!Store(route, HeaderSizes.GlobalRoute) || !Store(payload, length))
        {
            CompleteReceive(CompletionStatus.LocalProtectionError);
            _qp.EnterError();
            return;
        }

        CompleteReceive(
            packet, CompletionOpcode.Receive, _offset, packet.SourceQueuePair, CompletionFlags.GlobalRoute);
    }

    /// <summary>
    /// A request of an unreliable connection. Nothing is answered: a message that misses a part, or that may not be, is
    /// dropped to its end, and its receive serves the next one.
    /// </summary>
    private void OnUnreliable(in ReceivedPacket raw, in PacketReader packet, byte* payload)
    {
        int distance = Psn.Distance(packet.Sequence, ExpectedPsn);
        if (distance is < 0 and > -Doubles)
            return;
        bool starts = packet.Has(OpcodeTraits.Starts);
        if (distance != 0 || starts)
            _message = Message.None; // what was before has lost its end
        ExpectedPsn = Psn.Next(packet.Sequence);
        if (!starts && _message == Message.None)
            return;
        bool isSend = packet.Has(OpcodeTraits.Send);
        if (!starts && _message != (isSend ? Message.Send : Message.Write))
        {
            _message = Message.None;
            return;
        }

        if (!IsRightLength(packet, _qp.UnitOf(raw.Path)))
        {
            _message = Message.None;
            return;
        }

        byte refused = isSend ? ExecuteSend(packet, payload) : ExecuteWrite(packet, payload);
        if (refused == Syndrome.Ack)
            return;
        _message = Message.None;
        if (refused == Syndrome.NakRemoteOperation)
            _qp.EnterError(); // our own receive was wrong, and has completed so
    }

    /// <summary>The peer's IPv6 header, or 20 zero bytes and its IPv4 header, as far as they can be known.</summary>
    private static void WriteRoute(in ReceivedPacket raw, Span<byte> route)
    {
        const byte UdpProtocol = 17;
        const ushort DoNotFragment = 0x4000;
        route.Clear();
        int behind = HeaderSizes.Udp + raw.Length + HeaderSizes.Icrc;
        Span<byte> source = stackalloc byte[Gid.Size];
        Span<byte> destination = stackalloc byte[Gid.Size];
        raw.Source.CopyTo(source);
        raw.Destination.CopyTo(destination);
        if (!raw.Source.IsIPv4)
        {
            BinaryPrimitives.WriteUInt32BigEndian(route, 0x6000_0000u | ((uint)raw.TrafficClass << 20));
            BinaryPrimitives.WriteUInt16BigEndian(route[4..], (ushort)behind);
            route[6] = UdpProtocol;
            route[7] = raw.HopLimit;
            source.CopyTo(route[8..]);
            destination.CopyTo(route[24..]);
            return;
        }

        Span<byte> ip = route[HeaderSizes.IPv4..];
        ip[0] = 0x45;
        ip[1] = raw.TrafficClass;
        BinaryPrimitives.WriteUInt16BigEndian(ip[2..], (ushort)(HeaderSizes.IPv4 + behind));
        BinaryPrimitives.WriteUInt16BigEndian(ip[6..], DoNotFragment);
        ip[8] = raw.HopLimit;
        ip[9] = UdpProtocol;
        source[12..].CopyTo(ip[12..]);
        destination[12..].CopyTo(ip[16..]);
        uint sum = 0;
        for (int i = 0; i < HeaderSizes.IPv4; i += 2)
            sum += BinaryPrimitives.ReadUInt16BigEndian(ip[i..]);
        while (sum >> 16 != 0)
            sum = (sum & 0xffff) + (sum >> 16);
        BinaryPrimitives.WriteUInt16BigEndian(ip[10..], (ushort)~sum);
    }
}
