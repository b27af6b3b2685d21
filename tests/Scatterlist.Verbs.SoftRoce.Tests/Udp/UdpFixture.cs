using System.Net;
using System.Net.Sockets;
using Scatterlist.Verbs.SoftRoce.Engine;
using Scatterlist.Verbs.SoftRoce.Engine.Udp;
using Scatterlist.Verbs.SoftRoce.Wire;

namespace Scatterlist.Verbs.SoftRoce.Tests.Udp;

/// <summary>Ports on addresses that nobody else has, and a handler that keeps what comes.</summary>
internal static class UdpFixture
{
    /// <summary>An address of 127/8 drawn at random.</summary>
    internal static IPAddress FreshV4() => new(
        [127, (byte)Random.Shared.Next(1, 255), (byte)Random.Shared.Next(256), (byte)Random.Shared.Next(1, 255)]);

    /// <summary>A UDP port number of ::1 that was free a moment ago.</summary>
    internal static int FreshPortV6()
    {
        Assert.SkipUnless(Socket.OSSupportsIPv6, "the machine has no IPv6");
        using var socket = new Socket(AddressFamily.InterNetworkV6, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.IPv6Loopback, 0));
        }
        catch (SocketException e)
        {
            Assert.Skip($"the machine has no ::1: {e.Message}");
        }

        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    internal static UdpPort Open(UdpPortOptions? options = null) => UdpPort.Open(FreshV4(), options ?? new());

    /// <summary>A packet whose payload's pieces say which one it is.</summary>
    internal static byte[] Header(uint psn, int padding = 0, Opcode opcode = Opcode.UcWriteMiddle)
    {
        Span<byte> bytes = stackalloc byte[HeaderSizes.Longest];
        var writer = new HeaderWriter(bytes);
        writer.Base(opcode, padding, destinationQueuePair: 0x17, psn);
        return writer.Written.ToArray();
    }

    /// <summary>Receives until so many packets came, or for two seconds.</summary>
    internal static bool ReceiveAll(UdpPort port, Keeper keeper, int count)
    {
        long end = Environment.TickCount64 + 2000;
        while (keeper.Packets.Count < count)
        {
            if (port.Receive(keeper, 64) == 0 && Environment.TickCount64 > end)
                return false;
        }

        return true;
    }

    internal sealed unsafe class Keeper : IPacketHandler
    {
        internal List<(byte[] Bytes, Gid Source, Gid Destination, byte TrafficClass, byte HopLimit)> Packets { get; } = [];

        internal IEnumerable<uint> Sequence => Packets.Select(p =>
            (uint)((p.Bytes[9] << 16) | (p.Bytes[10] << 8) | p.Bytes[11]));

        public void OnPacket(in ReceivedPacket packet) => Packets.Add((
            new ReadOnlySpan<byte>(packet.Bytes, packet.Length).ToArray(), packet.Source, packet.Destination,
            packet.TrafficClass, packet.HopLimit));
    }
}
