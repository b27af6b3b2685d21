using Scatterlist.Verbs.SoftRoce.Engine.Udp;
using Scatterlist.Verbs.SoftRoce.Wire;

namespace Scatterlist.Verbs.SoftRoce.Tests.Wire;

/// <summary>The ICRC against packets that a real Linux rxe sent or accepted.</summary>
public sealed unsafe class IcrcTests
{
    public static TheoryData<string> Vectors =>
    [
        "450000305f2c40004011c6f40a4d00020a4d0001fe9412b7001c00001100ffff00000321000001001f000001e0e851eb",
        "60000000001c1140fd770000000000000000000000000002fd770000000000000000000000000001f25b12b7001c00001100ffff00000321"
            + "000001001f0000010e0d4518",
        "45000044000040004011260d0a4d00010a4d000212b712b7003000000a70ffff00000013800001000000000013a060100000045b00000005"
            + "68656c6c6f0000005046a710",
        "4500003c00004000401126150a4d00010a4d000212b712b7002800000c40ffff00000013800001040000000013a063e80000045b00000a00"
            + "65c2b5b5",
        "4500004800004000401126090a4d00010a4d000212b712b7003400001440ffff00000013800001070000000013a060000000045b00000000"
            + "00000005000000000000000035fe4901",
        "450000385f3140004011c6e70a4d00020a4d0001fe9412b7002400001200ffff00000321000001071f00000400000000000000071cd8eef5",
        "45000034000040004011261d0a4d00010a4d000212b712b70020000005d0ffff0000001480000109deadbeef616263000cb5683a",
        "45000034948a4000401191920a4d00020a4d0001ea6312b70020000004b0ffff00000321800002000001020304000000d553ac47",
        "45000048948d40004011917b0a4d00020a4d0001ea6312b7003400000b20ffff000003218000020111223344556677880000cafe00000006"
            + "0d0c0b0a0001020304050000e3d1e0c9",
        "4500004894944000401191740a4d00020a4d0001ea6312b7003400001300ffff000003218000020500000000000020000000cafe00000000"
            + "00000016000000000000000b3dfc8656",
        "450000408af5400040119b1b0a4d00020a4d0001db2b12b7002c00006430ffff0000007700000005000000990000002b0000000000000000"
            + "00000000713d6e12",
        "6000000000281140fd770000000000000000000000000002fd770000000000000000000000000001e5d712b7002800000c00ffff00000321"
            + "8000020100000000000010000000cafe0000000adf81817d",
        "60059ae900301140fd770000000000000000000000000001fd77000000000000000000000000000212b712b7003000000a70ffff00000039"
            + "800001000000000006c9301000002a8d0000000568656c6c6f0000003ba93d9b",
    ];

    [Theory]
    [MemberData(nameof(Vectors))]
    public void Packets_of_the_specification_have_the_right_ICRC(string hex)
    {
        var packet = new IpPacket(Convert.FromHexString(hex));
        Assert.Equal(packet.Identification, Identify(packet));
        packet.Packet![^1] ^= 1;
        Assert.NotEqual(packet.Identification, Identify(packet));
    }

    [Theory]
    [InlineData("rc4.pcap")]
    [InlineData("v6.pcap")]
    public void Every_captured_packet_has_the_right_ICRC_except_the_wrong_ones(string file)
    {
        IpPacket[] packets =
            [.. PcapFile.Read(PcapFile.Golden(file)).Select(b => new IpPacket(b)).Where(p => p.Packet is not null)];
        Assert.True(packets.Length > 50);
        int wrong = packets.Count(packet => Identify(packet) != packet.Identification);

        // The peer of these captures sent a wrong ICRC on purpose, to see that rxe drops it.
        Assert.InRange(wrong, 0, 3);
        foreach (IpPacket packet in packets)
        {
            fixed (byte* start = packet.Packet)
            {
                PacketFault fault = PacketReader.TryRead(start, packet.Packet!.Length - 4, out PacketReader read);
                if (fault == PacketFault.Opcode)
                    continue; // also on purpose
                Assert.Equal(PacketFault.None, fault);
                Assert.Equal(
                    packet.Packet.Length,
                    OpcodeTable.HeaderLengthOf(read.Opcode) + read.PayloadLength + read.Padding + HeaderSizes.Icrc);
            }
        }
    }

    [Fact]
    public void A_real_senders_packets_are_accepted_by_their_running_identification()
    {
        // The wrong ones apart, each sender's packets go through one checker in their order, as through a port.
        IpPacket[] packets = [.. PcapFile.Read(PcapFile.Golden("rc4.pcap"))
            .Select(b => new IpPacket(b)).Where(p => p.Packet is not null && Identify(p) == p.Identification)];
        var checker = new IcrcChecker();
        foreach (IpPacket packet in packets)
        {
            fixed (byte* start = packet.Packet)
            {
                Assert.Equal(
                    packet.Identification,
                    checker.Check(
                        start, packet.Packet!.Length, 0, packet.Source, packet.Destination, packet.SourcePort,
                        packet.DestinationPort));
            }
        }

        Assert.Contains(packets, packet => packet.Identification != 0);
    }

    [Fact]
    public void Any_identification_is_recovered_and_a_damaged_packet_has_none()
    {
        Gid from = Gid.Parse("10.0.0.1"), to = Gid.Parse("10.0.0.2");
        SeededRandom.Run(300, random =>
        {
            byte[] bytes = new byte[(random.Next(3, 1100) * 4) + 4];
            random.NextBytes(bytes);
            int identification = random.Next(1 << 16), covered = bytes.Length - 4;
            fixed (byte* start = bytes)
            {
                uint none = Icrc.HeaderState(from, to, 0xc000, 4791, bytes.Length);
                Icrc.Write(start + covered, Icrc.Compute(Numbered(none, identification), start, covered));
                uint difference = Icrc.Compute(none, start, covered) ^ Icrc.Read(start + covered);
                Assert.Equal(identification, Icrc.RecoverIdentification(difference, covered));
                if (identification < Icrc.MaxIdentification)
                    Assert.Equal(Numbered(none, identification), Icrc.WithIdentification(none, identification));

                // One wrong bit never looks like an identification. (The fifth byte is masked.)
                int wrong = random.Next(covered - 1);
                bytes[wrong < 4 ? wrong : wrong + 1] ^= (byte)(1 << random.Next(8));
                difference = Icrc.Compute(none, start, covered) ^ Icrc.Read(start + covered);
                Assert.NotEqual(identification, Icrc.RecoverIdentification(difference, covered));
            }

            uint Numbered(uint state, int number)
            {
                Span<byte> ip = stackalloc byte[28];
                byte* headers = stackalloc byte[28];
                int at = IpHeaders.Write(ip, from, to, 0xc000, 4791, bytes.Length, 0xff, 0xff, (ushort)number);
                ip[10] = ip[11] = ip[26] = ip[27] = 0xff;
                ip.CopyTo(new Span<byte>(headers, 28));
                return EthernetCrc.Update(0xdebb20e3, headers, at);
            }
        });
    }

    [Fact]
    public void Fields_that_routers_change_do_not_count()
    {
        var packet = new IpPacket(Convert.FromHexString(Vectors.ElementAt(0).Data));
        packet.Packet![4] = 0xc0; // FECN and BECN
        Assert.Equal(packet.Identification, Identify(packet));
    }

    [Fact]
    public void Wrong_packets_of_a_sender_that_is_known_are_told_by_all_32_bits()
    {
        // Of random ICRCs one in 65536 has some identification that explains it; none may be taken.
        Gid from = Gid.Parse("10.0.0.1"), to = Gid.Parse("10.0.0.2");
        var checker = new IcrcChecker();
        byte* packet = stackalloc byte[16];
        new Span<byte>(packet, 16).Clear();
        uint right = Icrc.Compute(Icrc.HeaderState(from, to, 4791, 4791, 16), packet, 12);
        Icrc.Write(packet + 12, right);
        Assert.Equal(0, checker.Check(packet, 16, 0, from, to, 4791, 4791));
        int explained = 0, taken = 0;
        var random = new Random(7);
        for (int i = 0; i < 2_000_000; i++)
        {
            uint wrong = (uint)random.NextInt64(uint.MaxValue);
            Icrc.Write(packet + 12, wrong);
            explained += Icrc.RecoverIdentification(right ^ wrong, 12) >= 0 ? 1 : 0;
            taken += checker.Check(packet, 16, 0, from, to, 4791, 4791) >= 0 ? 1 : 0;
        }

        Assert.InRange(explained, 5, 100);
        Assert.Equal(0, taken);
    }

    private static int Identify(IpPacket packet)
    {
        int covered = packet.Packet!.Length - 4;
        fixed (byte* start = packet.Packet)
        {
            uint state = Icrc.HeaderState(
                packet.Source, packet.Destination, packet.SourcePort, packet.DestinationPort, packet.Packet.Length);
            uint difference = Icrc.Compute(state, start, covered) ^ Icrc.Read(start + covered);
            if (packet.Source.IsIPv4)
                return Icrc.RecoverIdentification(difference, covered);
            return difference == 0 ? 0 : -1;
        }
    }
}
