using System.Net;
using System.Net.Sockets;
using Scatterlist.Verbs.SoftRoce.Engine;
using Scatterlist.Verbs.SoftRoce.Engine.Udp;
using Scatterlist.Verbs.SoftRoce.Tests.Udp;
using Scatterlist.Verbs.SoftRoce.Wire;

namespace Scatterlist.Verbs.SoftRoce.Tests.Wire;

/// <summary>
/// Mutated packets, with their last byte against a page that may not be touched: a read too far ends the test run.
/// </summary>
public sealed unsafe class PacketFuzzTests
{
    private static readonly byte[][] Seeds =
    [
        .. PcapFile.Read(PcapFile.Golden("rc4.pcap")).Concat(PcapFile.Read(PcapFile.Golden("v6.pcap")))
            .Select(bytes => new IpPacket(bytes).Packet).OfType<byte[]>(),
    ];

    [Fact]
    public void Two_million_mutated_packets_are_read_within_their_bytes()
    {
        using GuardedMemory behind = GuardedMemory.NoAccess(8192);
        SeededRandom.Run(20, random =>
        {
            int good = 0;
            for (int i = 0; i < 100_000; i++)
            {
                int length = Mutate(random, behind.AsSpan());
                byte* start = (byte*)behind.FaultAddress - length;
                PacketFault fault = PacketReader.TryRead(start, length, out PacketReader packet);
                if (fault != PacketFault.None)
                    continue;
                good++;
                ReadEverything(packet);
                Assert.True(packet.PayloadLength >= 0);
                Assert.True(packet.Payload + packet.PayloadLength + packet.Padding == start + length);
            }

            Assert.InRange(good, 1000, 99_000);
        });
    }

    [Fact]
    public void A_million_mutated_packets_are_checked_within_their_bytes()
    {
        using GuardedMemory behind = GuardedMemory.NoAccess(8192);
        SeededRandom.Run(10, random =>
        {
            var checker = new IcrcChecker();
            Span<byte> address = stackalloc byte[Gid.Size];
            Gid local = Gid.FromAddress(IPAddress.Loopback);
            for (int i = 0; i < 100_000; i++)
            {
                int length = Math.Max(Mutate(random, behind.AsSpan()), HeaderSizes.Base + HeaderSizes.Icrc);
                random.NextBytes(address);
                Gid source = random.Next(2) == 0 ? new Gid(address) : Gid.FromAddress(new IPAddress(random.Next()));
                Gid to = source.IsIPv4 ? local : source;
                byte* packet = (byte*)behind.FaultAddress - length;
                byte masked = packet[4];
                checker.Check(packet, length, random.Next(200), source, to, (ushort)random.Next(1 << 16), 4791);
                Assert.Equal(masked, packet[4]);
            }
        });
    }

    [Fact]
    public void Mutated_packets_that_come_by_the_network_do_no_harm()
    {
        using UdpPort port = UdpFixture.Open();
        using var attacker = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        attacker.Connect(port.Local.ToAddress(), port.Number);
        attacker.SendBufferSize = 1 << 20;
        var reader = new ReadingHandler();
        byte[] bytes = new byte[70_000];
        Gid source = Gid.FromAddress(((IPEndPoint)attacker.LocalEndPoint!).Address);
        int sourcePort = ((IPEndPoint)attacker.LocalEndPoint).Port;
        long sent = 0;
        SeededRandom.Run(5, random =>
        {
            for (int i = 0; i < 20_000; i++)
            {
                int length = Mutate(random, bytes.AsSpan(0, 8192));
                Span<byte> packet = bytes.AsSpan(8192 - length, length);
                if (random.Next(20) == 0)
                    packet = bytes.AsSpan(0, random.Next(65_507));
                else if (length >= 16 && random.Next(2) == 0)
                    Sign(packet, source, port.Local, (ushort)sourcePort);
                try
                {
                    attacker.Send(packet);
                    sent++;
                }
                catch (SocketException)
                {
                    // The kernel is short of buffers: this one is not sent.
                }

                if (i % 8 == 0)
                    port.Receive(reader, 1000);
            }
        });
        while (port.Receive(reader, 1000) > 0)
        {
        }

        UdpCounters counters = port.Counters;
        Assert.True(counters.Received > 10_000 && counters.BadIcrc > 10_000 && counters.TooShort > 10);
        Assert.True(counters.Received + counters.BadIcrc + counters.TooShort + counters.Malformed <= sent);
    }

    /// <summary>Puts a mutated packet at the end of the span.</summary>
    private static int Mutate(Random random, Span<byte> end)
    {
        byte[] seed = Seeds[random.Next(Seeds.Length)];
        int length = seed.Length;
        Span<byte> packet = end[^length..];
        seed.CopyTo(packet);
        int changes = random.Next(4);
        for (int i = 0; i < changes; i++)
        {
            int at = random.Next(random.Next(2) == 0 ? Math.Min(length, 40) : length);
            packet[at] = random.Next(3) switch
            {
                0 => (byte)random.Next(256),
                1 => (byte)(packet[at] ^ (1 << random.Next(8))),
                _ => random.Next(2) == 0 ? (byte)0 : (byte)0xff,
            };
        }

        if (random.Next(4) == 0)
        {
            // Another length: the front goes on saying what it said.
            int shorter = random.Next(length + 1);
            packet[..shorter].ToArray().CopyTo(end[^shorter..]);
            return shorter;
        }

        return length;
    }

    private static void Sign(Span<byte> packet, Gid source, Gid destination, ushort sourcePort)
    {
        fixed (byte* start = packet)
        {
            int covered = packet.Length - 4;
            uint state = Icrc.HeaderState(source, destination, sourcePort, 4791, packet.Length);
            Icrc.Write(start + covered, Icrc.Compute(state, start, covered));
        }
    }

    private static ulong ReadEverything(in PacketReader packet)
    {
        ulong sum = (ulong)packet.Opcode + packet.DestinationQueuePair + packet.Sequence + packet.Partition;
        if (packet.Has(OpcodeTraits.Reth))
            sum += packet.RemoteAddress + packet.RemoteKey + packet.RemoteLength;
        if (packet.Has(OpcodeTraits.AtomicEth))
            sum += packet.RemoteAddress + packet.RemoteKey + packet.SwapOrAdd + packet.Compare;
        if (packet.Has(OpcodeTraits.Aeth))
            sum += packet.Syndrome + packet.MessageNumber;
        if (packet.Has(OpcodeTraits.AtomicAckEth))
            sum += packet.Original;
        if (packet.Has(OpcodeTraits.Immediate))
            sum += packet.ImmediateNetworkOrder;
        if (packet.Has(OpcodeTraits.Invalidate))
            sum += packet.InvalidatedKey;
        if (packet.Has(OpcodeTraits.Deth))
            sum += packet.QueueKey + packet.SourceQueuePair;
        foreach (byte value in new ReadOnlySpan<byte>(packet.Payload, packet.PayloadLength + packet.Padding))
            sum += value;
        return sum;
    }

    private sealed class ReadingHandler : IPacketHandler
    {
        private ulong _sum;

        public void OnPacket(in ReceivedPacket packet)
        {
            if (PacketReader.TryRead(packet.Header, packet.Length, out PacketReader read) == PacketFault.None)
                _sum += ReadEverything(read);
        }
    }
}
